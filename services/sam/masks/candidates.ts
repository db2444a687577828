import type { Frame } from "../frame.js";
import { selectMasks } from "./select-masks.js";

/** Candidate masks of one prompt, as a decoder's graph gives them. */
export interface Candidates {
  /** float32 [count, gridSize, gridSize]. */
  readonly logits: Float32Array;
  /** float32 [count]: the model's own estimate of each mask's IoU. */
  readonly predictedIou: Float32Array;
  /** Place of the mask that answers several prompts, where there is one. */
  readonly single?: number;
}

/** A candidate that answers its prompt. */
export interface ChosenMask {
  /** float32 [gridSize, gridSize], a view. */
  readonly logits: Float32Array;
  readonly predictedIou: number;
}

/** Those that answer the prompt, best first; see `selectMasks`. @param tokens of the prompt. */
export function chooseMasks(
  { logits, predictedIou, single }: Candidates,
  tokens: number,
  multimask: boolean | undefined,
  { gridSize }: Frame,
): ChosenMask[] {
  const cells = gridSize ** 2;
  return selectMasks(predictedIou, tokens, multimask, single).map((index) => ({
    logits: logits.subarray(index * cells, (index + 1) * cells),
    predictedIou: predictedIou[index]!,
  }));
}
