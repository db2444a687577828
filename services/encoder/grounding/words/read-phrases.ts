import { chineseMeasures } from "./chinese.js";
import { putQuotesAside, readWritten, type WrittenPhrase } from "./written-text.js";

/** A thing that is named, or what is written somewhere. */
export type Phrase = { readonly thing: string } | WrittenPhrase;

const separators = /[,;，；、\n]|(?<=\s)(?:and|or|&)(?=\s)|\s*&\s*|[和跟與与或](?=\S)/u;
/** What says which or how many, and nothing of the kind. */
const before =
  /^(?:the|an?|all|every|each|any|some|this|that|these|those|my|your|his|her|its|our|their|one|two|three|four|five|both|only|just|of|please|find|show|select|segment|mark|outline)\s+/u;
const after = /\s+(?:here|there|please|in (?:the|this) (?:picture|photo|image))$/u;
const around = /^[\s"'“”‘’「」『』.!?。！？()]+|[\s"'“”‘’「」『』.!?。！？()]+$/gu;

/**
 * What somebody says -> the things that are named, without what stands around them, and what is written: "The dogs, and a cat!" ->
 * "dogs", "cat"; "the sign that says STOP" -> written "stop" on "sign".
 * @param text as `askedText` gives it.
 */
export function readPhrases(text: string): Phrase[] {
  const { rest, quotes } = putQuotesAside(text.toLowerCase());
  const phrases = rest
    .replace(/\s+/gu, " ")
    .split(separators)
    .map((part) => readPhrase(part, quotes));
  const known = new Map(phrases.flatMap((one) => (one ? [[JSON.stringify(one), one] as const] : [])));
  return [...known.values()];
}

function readPhrase(part: string, quotes: readonly string[]): Phrase | undefined {
  const written = readWritten(part.trim(), quotes);
  if (written) return { written: written.written.trim(), on: core(written.on) };
  const thing = core(part);
  return thing === "" ? undefined : { thing };
}

function core(part: string): string {
  let phrase = part;
  for (;;) {
    const shorter = withoutMeasure(phrase.replace(around, "").replace(before, "").replace(after, ""));
    if (shorter === phrase) return phrase;
    phrase = shorter;
  }
}

function withoutMeasure(phrase: string): string {
  const measure = chineseMeasures.find((one) => phrase.startsWith(one) && phrase.length > one.length);
  const rest = measure === undefined ? phrase : phrase.slice(measure.length);
  return rest.length > 2 && /\p{Script=Han}们$|\p{Script=Han}們$/u.test(rest) ? rest.slice(0, -1) : rest;
}
