import { invalidArgument, type ServiceError } from "../../../runtime/errors.js";
import { nearestWords } from "./nearest-words.js";
import { type Phrase, readPhrases } from "./read-phrases.js";
import { singularsOf } from "./singulars.js";
import type { Meaning, Vocabulary } from "./vocabulary.js";

/** What a phrase means in a vocabulary; none when it is not known. */
export function meaningsOf(phrase: string, vocabulary: Vocabulary): readonly Meaning[] {
  for (const word of [phrase, ...singularsOf(phrase)]) {
    const meanings = vocabulary.meaningOf(word);
    if (meanings.length > 0) return meanings;
  }
  return [];
}

/** Most things that are asked for at once: each may be a model's run of its own. */
const mostPhrases = 8;

/** @param text as `askedText` gives it. @throws ServiceError INVALID_ARGUMENT: nothing, or too much at once. */
export function phrasesOf(text: string): Phrase[] {
  const phrases = readPhrases(text);
  if (phrases.length === 0) throw invalidArgument("`text` names nothing.");
  if (phrases.length > mostPhrases) {
    throw invalidArgument(
      `\`text\` names at most ${mostPhrases} things at once, and here are ${phrases.length}; ask for some of them first.`,
    );
  }
  return phrases;
}

/** UNKNOWN_WORD, with the nearest words that are known: never a guess. */
export function unknownWord(phrase: string, vocabulary: Vocabulary): ServiceError {
  const nearest = nearestWords([phrase, ...singularsOf(phrase)], vocabulary.words());
  const known =
    nearest.length > 0
      ? `the nearest words that are: ${nearest.map((word) => `"${word}"`).join(", ")}`
      : `${vocabulary.labels.length} kinds of things are, such as ${vocabulary.labels.slice(0, 3).join(", ")}; GET /v1/words lists them`;
  return invalidArgument(`"${phrase}" is not known here; ${known}.`, "UNKNOWN_WORD");
}
