import type { FloatTensor } from "../../../sam/decode/graph-runner.js";

/** A line's text, and how sure it is: the mean of its characters. */
interface ReadLine {
  readonly text: string;
  readonly score: number;
}

/**
 * Probabilities of characters along a line -> its text: the likeliest each, of those that follow each other one, without blanks
 * (Graves et al. 2006, "Connectionist Temporal Classification").
 * @param tensor float32 [1, steps, characters], the first of which is the blank. @param characters the others.
 * @throws Error where they are not as many.
 */
export function readLine({ data, dims }: FloatTensor, characters: readonly string[]): ReadLine {
  const [, steps = 0, count = 0] = dims;
  if (count !== characters.length + 1) {
    throw new Error(`the graph tells ${count} characters apart, and the dictionary has ${characters.length}`);
  }
  let text = "";
  let [sum, read, last] = [0, 0, 0];
  for (let step = 0; step < steps; step++) {
    const row = data.subarray(step * count, (step + 1) * count);
    let best = 0;
    for (let at = 1; at < count; at++) if (row[at]! > row[best]!) best = at;
    if (best !== 0 && best !== last) {
      text += characters[best - 1];
      sum += row[best]!;
      read++;
    }
    last = best;
  }
  return { text: text.trim(), score: read === 0 ? 0 : sum / read };
}

/** A dictionary of PaddleOCR's, a character a line; graphs that were trained with a space have it last. */
export function readDictionary(bytes: Uint8Array): string[] {
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/u);
  if (lines.at(-1) === "") lines.pop();
  return [...lines, " "];
}
