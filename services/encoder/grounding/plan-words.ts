import { askedText } from "../../runtime/asked-text.js";
import type { AskedDetectors } from "./detectors.js";
import type { Phrase } from "./words/read-phrases.js";
import { meaningsOf, phrasesOf, unknownWord } from "./words/understand.js";
import type { Meaning } from "./words/vocabulary.js";

/** One phrase, and who can answer it. */
export type Question = ThingQuestion | WrittenQuestion;

export type ThingQuestion =
  | { readonly kind: "closed"; readonly meanings: readonly Meaning[] }
  /** Asked as it is said. */
  | { readonly kind: "open"; readonly words: string };

interface WrittenQuestion {
  readonly kind: "written";
  readonly text: string;
  /** What it stands on: a thing that can be found, one that is known to nobody (a sign), or nothing that was said. */
  readonly on: ThingQuestion | "something" | undefined;
}

/**
 * Which detectors answer somebody's words: those that read what is written; for a thing those that know it, and where none does
 * those that look for whatever they are told.
 * @throws ServiceError INVALID_ARGUMENT: too long, too much at once, nothing at all, or UNKNOWN_WORD; FAILED_PRECONDITION (NO_DETECTOR).
 */
export function planWords(text: string, detectors: AskedDetectors): Question[] {
  const asked = askedText(text);
  // A detector that was asked for by its name is told all of it.
  if (detectors.isNamed && detectors.of("written").length > 0) return [{ kind: "written", text: asked, on: undefined }];
  return phrasesOf(asked).map((phrase) => questionOf(phrase, detectors));
}

function questionOf(phrase: Phrase, detectors: AskedDetectors): Question {
  if (!("written" in phrase)) return thingOf(phrase.thing, detectors);
  if (detectors.of("written").length === 0) throw detectors.none("written");
  const { written: text, on } = phrase;
  return { kind: "written", text, on: on === "" ? undefined : (knownThing(on, detectors) ?? "something") };
}

function thingOf(phrase: string, detectors: AskedDetectors): ThingQuestion {
  const known = knownThing(phrase, detectors);
  if (known) return known;
  const [closed] = detectors.of("closed");
  if (!closed?.vocabulary) throw detectors.none("closed");
  throw unknownWord(phrase, closed.vocabulary);
}

function knownThing(phrase: string, detectors: AskedDetectors): ThingQuestion | undefined {
  // All of a closed vocabulary have the same.
  const [closed] = detectors.of("closed");
  const meanings = closed?.vocabulary ? meaningsOf(phrase, closed.vocabulary) : [];
  if (meanings.length > 0) return { kind: "closed", meanings };
  return detectors.of("open").length > 0 ? { kind: "open", words: phrase } : undefined;
}

/** What has to be looked for: by which kinds of detectors, and what the open ones are asked. */
export function looksOf(questions: readonly Question[]): { kinds: Set<Question["kind"]>; words: string[] } {
  const all = questions.flatMap((one) =>
    one.kind === "written" && typeof one.on === "object" ? [one, one.on] : [one],
  );
  const words = all.flatMap((one) => (one.kind === "open" ? [one.words] : []));
  return { kinds: new Set(all.map(({ kind }) => kind)), words: [...new Set(words)].sort() };
}
