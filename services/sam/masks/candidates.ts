import { encodeCounts, type MaskBox } from "../../../proto/rle.js";
import type { Frame } from "../frame.js";
import { stabilityScore } from "./stability-score.js";
import { type TracedMask, traceMask } from "./trace-mask.js";

/** Candidate masks of one prompt, as a decoder's graph gives them. */
export interface Candidates {
  /** float32 [count, gridSize, gridSize]. */
  readonly logits: Float32Array;
  /** float32 [count]: the model's own estimate of each mask's IoU. */
  readonly predictedIou: Float32Array;
}

/** One candidate's logits: float32 [gridSize, gridSize], a view. */
export function logitsAt({ logits }: Candidates, index: number, { gridSize }: Frame): Float32Array {
  const cells = gridSize ** 2;
  return logits.subarray(index * cells, (index + 1) * cells);
}

/** A mask at the picture's resolution, as it is answered. */
export interface FinishedMask {
  readonly traced: TracedMask;
  /** COCO's compressed run lengths. */
  readonly counts: string;
  readonly box: MaskBox;
  /** Pixels inside. */
  readonly area: number;
  readonly stabilityScore: number;
}

/** @param logits float32 [gridSize, gridSize]. @throws RangeError as `traceMask`. */
export function finishMask(logits: Float32Array, frame: Frame): FinishedMask {
  const traced = traceMask(logits, frame);
  const { box, area } = traced;
  return { traced, counts: encodeCounts(traced.runs), box, area, stabilityScore: stabilityScore(logits, frame) };
}
