import { chineseMeasures } from "./chinese.js";

/** Of a person's words. */
export const maxTextLength = 200;

const separators = /[,;，；、\n]|(?<=\s)(?:and|or|&)(?=\s)|\s*&\s*|[和跟與与或](?=\S)/u;
/** What says which or how many, and nothing of the kind. */
const before =
  /^(?:the|an?|all|every|each|any|some|this|that|these|those|my|your|his|her|its|our|their|one|two|three|four|five|both|only|just|of|please|find|show|select|segment|mark|outline)\s+/u;
const after = /\s+(?:here|there|please|in (?:the|this) (?:picture|photo|image))$/u;
const around = /^[\s"'“”‘’「」『』.!?。！？()]+|[\s"'“”‘’「」『』.!?。！？()]+$/gu;

/** What somebody says -> the things that are named, without what stands around them: "The dogs, and a cat!" -> "dogs", "cat". */
export function readPhrases(text: string): string[] {
  const plain = text.normalize("NFKC").toLowerCase().replace(/\s+/gu, " ");
  const phrases = plain.split(separators).map(core);
  return [...new Set(phrases.filter((phrase) => phrase !== ""))];
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
