import { contentGrid, type Frame } from "../frame.js";
import type { Candidates } from "../masks/candidates.js";
import type { CheckedPrompt } from "../prompts/check-prompt.js";
import type { CellGrid } from "./nearest.js";
import { onMaskGrid, toOneEach } from "./prior.js";
import { promptOfPrior } from "./prompt-of-prior.js";

/** Fewer pixels are no object that is there. */
const leastPixels = 20;
/** A mask of the decoder's that agrees less with what was carried is another object's. */
const leastAgreement = 0.6;

/**
 * tracked: the decoder found what was carried. unsure: it did not, and the mask is what was carried. absent: nothing, or next to
 * nothing, was carried.
 */
export type TrackState = "tracked" | "unsure" | "absent";

/** An object in a frame. */
export interface Painted {
  readonly state: TrackState;
  /** float32 [gridSize, gridSize]; of one that is absent undefined. */
  readonly logits: Float32Array | undefined;
  /** The model's own estimate of its IoU; 0 where the mask is what was carried. */
  readonly predictedIou: number;
  /** IoU of the decoder's mask with what was carried, on the grid. */
  readonly agreement: number;
}

/** The model's masks of the frame for a prompt, all of them. */
export type Decode = (prompt: CheckedPrompt) => Promise<Candidates>;

/**
 * Where each object is thought to be, on the grid of mask logits: each place is one object's.
 * @param labels of cells, as `carryLabels` gives them. @returns float32 [gridSize, gridSize] each, 0 to 1.
 */
export function priorsOf(labels: readonly Float32Array[], grid: CellGrid, frame: Frame): Float32Array[] {
  const priors = labels.map((one) => onMaskGrid(one, grid, frame));
  toOneEach(priors);
  return priors;
}

/** The outline of an object as the decoder paints it where it is thought to be. @param prior float32 [gridSize, gridSize], 0 to 1. */
export async function paint(decode: Decode, prior: Float32Array, frame: Frame): Promise<Painted> {
  const thought = promptOfPrior(prior, frame);
  if (!thought || thought.pixels < leastPixels) {
    return { state: "absent", logits: undefined, predictedIou: 0, agreement: 0 };
  }
  const { logits, predictedIou } = await decode(thought.prompt);
  const cells = frame.gridSize ** 2;
  let best: Painted | undefined;
  for (let at = 0; at < predictedIou.length; at++) {
    const mask = logits.subarray(at * cells, (at + 1) * cells);
    const agreement = iouOf(mask, thought.logits, frame);
    if (agreement > (best?.agreement ?? -1)) {
      best = { state: "tracked", logits: mask, predictedIou: predictedIou[at]!, agreement };
    }
  }
  if (best && best.agreement >= leastAgreement) return { ...best, logits: best.logits?.slice() };
  return { state: "unsure", logits: thought.logits, predictedIou: 0, agreement: best?.agreement ?? 0 };
}

/** Of what is above 0 in the picture's part of the grid. */
function iouOf(a: Float32Array, b: Float32Array, frame: Frame): number {
  const { columns, rows } = contentGrid(frame);
  let [both, either] = [0, 0];
  for (let y = 0; y < rows; y++) {
    for (let at = y * frame.gridSize, end = at + columns; at < end; at++) {
      const [inA, inB] = [a[at]! > 0, b[at]! > 0];
      if (inA && inB) both++;
      if (inA || inB) either++;
    }
  }
  return either === 0 ? 0 : both / either;
}

/** A place that several objects' masks hold is the one's that is surest of it. Changes their logits. */
export function divide(masks: readonly Float32Array[]): void {
  if (masks.length < 2) return;
  for (let at = 0; at < masks[0]!.length; at++) {
    let [best, most] = [-1, 0];
    for (const [index, logits] of masks.entries()) if (logits[at]! > most) [best, most] = [index, logits[at]!];
    if (best < 0) continue;
    for (const [index, logits] of masks.entries()) if (index !== best && logits[at]! > 0) logits[at] = -logits[at]!;
  }
}
