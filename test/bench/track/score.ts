import { decodeRle, rleToBitmap } from "../../../proto/index.js";
import { contourScore, regionScore } from "./davis-scores.js";
import type { FrameMemory } from "./known-frames.js";
import { maskOf, type Sequence } from "./sequence.js";

/** In hundredths. */
export interface Scores {
  readonly J: number;
  readonly F: number;
  readonly "J&F": number;
}

/** As DAVIS does: the mean over frames of each object, but for the first frame, which is given, and the last; then over objects. */
export function scoresOf(
  sequence: Sequence,
  masks: ReadonlyMap<number, FrameMemory["masks"]>,
  frames?: readonly number[],
): Scores {
  const size = { width: sequence.width, height: sequence.height };
  const counted = frames ?? sequence.frames.map((_, at) => at).slice(1, -1);
  const [j, f]: [number[], number[]] = [[], []];
  for (let object = 1; object <= sequence.objects; object++) {
    for (const at of counted) {
      const truth = maskOf(sequence.frames[at]!, object);
      const rle = masks.get(at)?.get(object);
      const mask = rle ? rleToBitmap(decodeRle(rle)) : new Uint8Array(truth.length);
      j.push(regionScore(mask, truth));
      f.push(contourScore(mask, truth, size));
    }
  }
  return meanScores(j, f);
}

function meanScores(j: readonly number[], f: readonly number[]): Scores {
  const mean = (values: readonly number[]) =>
    (100 * values.reduce((sum, one) => sum + one, 0)) / Math.max(1, values.length);
  const two = (value: number) => Math.round(10 * value) / 10;
  return { J: two(mean(j)), F: two(mean(f)), "J&F": two((mean(j) + mean(f)) / 2) };
}

/** Of several sequences. */
export function meanOf(scores: Readonly<Record<string, Scores>>): Scores {
  const all = Object.values(scores);
  const mean = (what: keyof Scores) =>
    Math.round((10 * all.reduce((sum, one) => sum + one[what], 0)) / Math.max(1, all.length)) / 10;
  return { J: mean("J"), F: mean("F"), "J&F": mean("J&F") };
}
