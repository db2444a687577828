import type { Detection } from "../detection.js";
import { isUnder } from "./text-block.js";

/** Of so many asked letters one may be another: signs are read with mistakes. */
const lettersPerMistake = 4;
/** A text of fewer letters is a word by itself. */
const leastInWords = 3;
/** Lines that follow each other and are one text, at most. */
const mostLines = 4;

/**
 * Where a text is written, the surest first: within one line, or across some that stand under each other. Case, accents, spaces
 * and signs do not count, and one letter in four may be another.
 * @param lines what was read. @returns of each place the text as it was read, and how sure it is.
 */
export function matchText(lines: readonly Detection[], asked: string): Detection[] {
  const wanted = plainText(asked);
  if (wanted === "") return [];
  const places = lines.flatMap((line) => placesFrom(line, lines, wanted));
  return places
    .sort((a, b) => b.score - a.score)
    .filter((one, at) => !places.slice(0, at).some((better) => isIn(better, one)));
}

/** In capitals or not, with accents or without: letters and digits alone. */
function plainText(text: string): string {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
}

/** From a line on downwards, as few lines as have it. */
function placesFrom(first: Detection, lines: readonly Detection[], wanted: string): Detection[] {
  const run = [first];
  while (run.length <= mostLines) {
    const mistakes = mistakesIn(run, wanted);
    if (mistakes !== undefined) {
      // What begins further down has it by itself.
      if (run.length > 1 && mistakesIn(run.slice(1), wanted) !== undefined) return [];
      const place = run.reduce(joined);
      return [{ ...place, score: place.score * (1 - mistakes / wanted.length) }];
    }
    const next = below(run.at(-1) as Detection, lines);
    if (!next || run.includes(next)) return [];
    run.push(next);
  }
  return [];
}

/** @returns undefined where it is another text. */
function mistakesIn(lines: readonly Detection[], wanted: string): number | undefined {
  const text = lines.map(({ label }) => label).join(" ");
  // So few letters are a part of many words.
  if (wanted.length < leastInWords && !/\p{Script=Han}/u.test(wanted)) {
    return text.split(/[^\p{L}\p{N}]+/u).some((word) => plainText(word) === wanted) ? 0 : undefined;
  }
  const mistakes = fewestMistakes(plainText(text), wanted);
  return mistakes <= Math.floor(wanted.length / lettersPerMistake) ? mistakes : undefined;
}

const below = (line: Detection, lines: readonly Detection[]): Detection | undefined =>
  lines.filter((one) => one !== line && isUnder(one, line)).sort((a, b) => a.y0 - b.y0)[0];

const joined = (a: Detection, b: Detection): Detection => ({
  label: `${a.label} ${b.label}`,
  score: Math.min(a.score, b.score),
  x0: Math.min(a.x0, b.x0),
  y0: Math.min(a.y0, b.y0),
  x1: Math.max(a.x1, b.x1),
  y1: Math.max(a.y1, b.y1),
});

/** Letters that are left out, too many or others in that part of a text that is likest to the wanted one (Sellers 1980). */
export function fewestMistakes(text: string, wanted: string): number {
  let last = new Array<number>(text.length + 1).fill(0);
  for (let i = 1; i <= wanted.length; i++) {
    const row = [i];
    for (let j = 1; j <= text.length; j++) {
      const other = wanted[i - 1] === text[j - 1] ? 0 : 1;
      row.push(Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, (last[j - 1] as number) + other));
    }
    last = row;
  }
  return Math.min(...last);
}

const isIn = (outer: Detection, inner: Detection) =>
  inner.x0 >= outer.x0 && inner.x1 <= outer.x1 && inner.y0 >= outer.y0 && inner.y1 <= outer.y1;
