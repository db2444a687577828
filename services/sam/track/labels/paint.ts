import { contentGrid, type Frame } from "../../frame.js";
import type { Candidates } from "../../masks/candidates.js";
import type { CheckedPrompt } from "../../prompts/check-prompt.js";
import type { TrackState } from "../track-state.js";
import type { CellGrid } from "./nearest.js";
import { onMaskGrid, toOneEach } from "./prior.js";
import { promptOfPrior } from "./prompt-of-prior.js";

/** Fewer pixels are no object that is there. */
const leastPixels = 20;
/** A mask of the decoder's that agrees less with what was carried is another object's. */
const leastAgreement = 0.6;
/**
 * But of what turns or moves fast little is carried: a mask that holds so much of it, of which the model is so sure, and which is about
 * as large as the object was, is the object's.
 */
const whole = { held: 0.85, predictedIou: 0.8, likeSize: 0.6 };

/** An object in a frame. */
export interface Painted {
  /** unsure: the decoder does not find what was carried, and the mask is that. absent: nothing, or next to nothing, was carried. */
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

/** Where an object is thought to be. */
export interface Thought {
  /** float32 [gridSize, gridSize], 0 to 1. */
  readonly prior: Float32Array;
  /** Of the picture that it had in the frame before; 0 where that is not known. */
  readonly share: number;
}

/** The outline of an object as the decoder paints it where it is thought to be. */
export async function paint(decode: Decode, { prior, share }: Thought, frame: Frame): Promise<Painted> {
  const thought = promptOfPrior(prior, frame);
  if (!thought || thought.pixels < leastPixels) {
    return { state: "absent", logits: undefined, predictedIou: 0, agreement: 0 };
  }
  const { logits, predictedIou } = await decode(thought.prompt);
  const cells = frame.gridSize ** 2;
  const { columns, rows } = contentGrid(frame);
  const masks = Array.from(predictedIou, (predicted, at) => {
    const mask = logits.subarray(at * cells, (at + 1) * cells);
    const overlap = overlapOf(mask, thought.logits, frame);
    const size = overlap.size / (columns * rows);
    return { ...overlap, mask, predicted, likeSize: share > 0 ? Math.min(size, share) / Math.max(size, share) : 0 };
  });
  const best = most(masks, ({ iou }) => iou);
  const isWhole = ({ held, predicted, likeSize }: (typeof masks)[number]) =>
    held >= whole.held && predicted >= whole.predictedIou && likeSize >= whole.likeSize;
  const taken = best && best.iou >= leastAgreement ? best : most(masks.filter(isWhole), ({ likeSize }) => likeSize);
  if (!taken) return { state: "unsure", logits: thought.logits, predictedIou: 0, agreement: best?.iou ?? 0 };
  return { state: "tracked", logits: taken.mask.slice(), predictedIou: taken.predicted, agreement: taken.iou };
}

/** The first of those that have most. */
function most<T>(all: readonly T[], of: (one: T) => number): T | undefined {
  return all.reduce<T | undefined>((best, one) => (best === undefined || of(one) > of(best) ? one : best), undefined);
}

interface Overlap {
  readonly iou: number;
  /** How much of the other one the mask holds. */
  readonly held: number;
  /** Places of the grid that are the mask's. */
  readonly size: number;
}

/** Of what is above 0 in the picture's part of the grid. */
function overlapOf(mask: Float32Array, other: Float32Array, frame: Frame): Overlap {
  const { columns, rows } = contentGrid(frame);
  let [both, size, others] = [0, 0, 0];
  for (let y = 0; y < rows; y++) {
    for (let at = y * frame.gridSize, end = at + columns; at < end; at++) {
      if (mask[at]! > 0) size++;
      if (other[at]! > 0) others++;
      if (mask[at]! > 0 && other[at]! > 0) both++;
    }
  }
  const either = size + others - both;
  return { iou: either === 0 ? 0 : both / either, held: others === 0 ? 0 : both / others, size };
}
