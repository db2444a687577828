import type { Detection } from "../detection.js";
import { isUnder } from "./text-block.js";

/** Of so many asked letters one may be another: signs are read with mistakes. */
const lettersPerMistake = 4;
/** A text of fewer letters is a word by itself. */
const leastInWords = 3;
/** Lines that follow each other and are one text, at most. */
const mostLines = 4;

/** A line, and what of it counts. */
interface PlainLine {
  readonly line: Detection;
  readonly letters: string;
  readonly words: readonly string[];
}

/**
 * Where a text is written, the surest first: within one line, or across some that stand under each other. Case, accents, spaces
 * and signs do not count, and one letter in four may be another.
 * @param lines what was read. @returns of each place the text as it was read, and how sure it is.
 */
export function matchText(lines: readonly Detection[], asked: string): Detection[] {
  const wanted = plainText(asked);
  if (wanted === "") return [];
  const plain = lines.map((line) => {
    const words = line.label.split(/[^\p{L}\p{N}]+/u).map(plainText);
    return { line, letters: plainText(line.label), words };
  });
  const places = plain.flatMap((line) => placesFrom(line, plain, wanted));
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
function placesFrom(first: PlainLine, lines: readonly PlainLine[], wanted: string): Detection[] {
  const run = [first];
  while (run.length <= mostLines) {
    const mistakes = mistakesIn(run, wanted);
    if (mistakes !== undefined) {
      // What begins further down has it by itself.
      if (run.length > 1 && mistakesIn(run.slice(1), wanted) !== undefined) return [];
      const place = run.map(({ line }) => line).reduce(joined);
      return [{ ...place, score: place.score * (1 - mistakes / wanted.length) }];
    }
    const next = below(run.at(-1) as PlainLine, lines);
    if (!next || run.includes(next)) return [];
    run.push(next);
  }
  return [];
}

/** @returns undefined where it is another text. */
function mistakesIn(lines: readonly PlainLine[], wanted: string): number | undefined {
  // So few letters are a part of many words.
  if (wanted.length < leastInWords && !/\p{Script=Han}/u.test(wanted)) {
    return lines.some(({ words }) => words.includes(wanted)) ? 0 : undefined;
  }
  const letters = lines.map((one) => one.letters).join("");
  const allowed = Math.floor(wanted.length / lettersPerMistake);
  // Each letter that it is short of is a mistake.
  if (wanted.length - letters.length > allowed) return undefined;
  const mistakes = fewestMistakes(letters, wanted, allowed);
  return mistakes <= allowed ? mistakes : undefined;
}

const below = ({ line }: PlainLine, lines: readonly PlainLine[]): PlainLine | undefined =>
  lines.filter(({ line: one }) => one !== line && isUnder(one, line)).sort((a, b) => a.line.y0 - b.line.y0)[0];

const joined = (a: Detection, b: Detection): Detection => ({
  label: `${a.label} ${b.label}`,
  score: Math.min(a.score, b.score),
  x0: Math.min(a.x0, b.x0),
  y0: Math.min(a.y0, b.y0),
  x1: Math.max(a.x1, b.x1),
  y1: Math.max(a.y1, b.y1),
});

/**
 * Letters that are left out, too many or others in that part of a text that is likest to the wanted one (Sellers 1980).
 * @param allowed what costs more is not followed (Ukkonen 1985). @returns more than it where there are more.
 */
export function fewestMistakes(text: string, wanted: string, allowed: number): number {
  // For each beginning of the wanted text, the fewest of a part that ends here.
  const fewest = Uint16Array.from({ length: wanted.length + 1 }, (_, at) => at);
  /** The longest beginning that is still followed. */
  let longest = Math.min(allowed, wanted.length);
  let best = longest === wanted.length ? wanted.length : allowed + 1;
  for (let at = 0; at < text.length && best > 0; at++) {
    const until = Math.min(longest + 1, wanted.length);
    let before = 0;
    longest = 0;
    for (let i = 1; i <= until; i++) {
      const other = before + (wanted.charCodeAt(i - 1) === text.charCodeAt(at) ? 0 : 1);
      before = fewest[i] as number;
      const cost = Math.min(before + 1, (fewest[i - 1] as number) + 1, other);
      fewest[i] = cost;
      if (cost <= allowed) longest = i;
    }
    if (longest === wanted.length) best = Math.min(best, fewest[longest] as number);
  }
  return best;
}

const isIn = (outer: Detection, inner: Detection) =>
  inner.x0 >= outer.x0 && inner.x1 <= outer.x1 && inner.y0 >= outer.y0 && inner.y1 <= outer.y1;
