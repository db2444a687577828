import { encodeCounts, type MaskBox } from "../../../proto/rle.js";
import { type PicturePart, placeTraced } from "../crop/place-mask.js";
import type { Frame } from "../frame.js";
import type { ChosenMask } from "./candidates.js";
import { stabilityScore } from "./stability-score.js";
import { type TracedMask, traceMask } from "./trace-mask.js";

/** A mask at the picture's resolution, as it is answered. */
export interface DecodedMask {
  /** COCO's compressed counts. */
  counts: string;
  box: MaskBox;
  /** Pixels inside. */
  area: number;
  predictedIou: number;
  stabilityScore: number;
  png?: Uint8Array;
  /** Half floats [gridSize, gridSize], in a buffer of their own. */
  lowResLogits?: Uint16Array<ArrayBuffer>;
}

/**
 * @param frame of the picture, or of the part of it that was decoded.
 * @param part says which; the mask is the picture's all the same.
 * @returns `traced`: the same mask's runs. @throws RangeError as `traceMask`.
 */
export function finishMask(
  { logits, predictedIou }: ChosenMask,
  frame: Frame,
  part?: PicturePart,
): { mask: DecodedMask; traced: TracedMask } {
  const found = traceMask(logits, frame);
  const traced = part ? placeTraced(found, part) : found;
  const { runs, box, area } = traced;
  const mask = {
    counts: encodeCounts(runs),
    box,
    area,
    predictedIou,
    stabilityScore: stabilityScore(logits, frame),
  };
  return { mask, traced };
}
