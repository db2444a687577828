import { contentGrid, type Frame } from "../../frame.js";
import type { Candidates } from "../../masks/candidates.js";
import { stabilityScore } from "../../masks/stability-score.js";
import type { CheckedPrompt } from "../../prompts/check-prompt.js";
import type { TrackState } from "../track-state.js";
import type { CellGrid } from "./nearest.js";
import { onMaskGrid, toOneEach } from "./prior.js";
import { promptOfPrior } from "./prompt-of-prior.js";

/** Fewer pixels are no object that is there. */
const leastPixels = 20;
/** A mask that agrees less with what was carried is another object's. */
const leastAgreement = 0.6;
/** What was carried is coarse: of masks that agree so little less than the best, the model's own view of them counts as well. */
const asGood = 0.05;
/** How much that counts that a mask depends little on its threshold, beside the model's estimate and agreement. */
const stabilityCounts = 0.5;
/**
 * Of what turns or moves fast only a part is carried, and the mask that agrees most with a part is smaller from frame to frame. All of the
 * object is a mask that holds that one and is so much larger, of which the model is surer, and what it has beside what was carried looks like
 * nothing that was seen: where that is surely something else it is the object and its neighbour.
 */
const whole = { held: 0.95, larger: 1.2, sureness: 0.2 };
/** Where no mask agrees, one that holds so much of what was carried will do, if no more of it is surely something else. */
const possible = { held: 0.85, foreign: 0.3 };
/** How much agreement counts beside the model's own estimate. */
const agreementCounts = 0.5;

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
  /** float32 [gridSize, gridSize], 0 to 1: how surely. */
  readonly sureness: Float32Array;
}

/**
 * The outline of an object as the decoder paints it where it is thought to be. It is asked twice: by box, points and a rough mask, from which it
 * does not stray far, and by the points alone, for what is larger than it was thought to be.
 */
export async function paint(decode: Decode, { prior, sureness }: Thought, frame: Frame): Promise<Painted> {
  const thought = promptOfPrior(prior, frame);
  if (!thought || thought.pixels < leastPixels) {
    return { state: "absent", logits: undefined, predictedIou: 0, agreement: 0 };
  }
  const cells = frame.gridSize ** 2;
  const masks = [];
  for (const prompt of [thought.prompt, { points: thought.prompt.points }]) {
    const { logits, predictedIou } = await decode(prompt);
    for (const [at, predicted] of predictedIou.entries()) {
      const mask = logits.slice(at * cells, (at + 1) * cells);
      masks.push({ ...overlapOf(mask, thought.logits, sureness, frame), mask, predicted });
    }
  }
  const best = bestOf(masks, frame);
  const taken = most(candidates(masks, best, frame), ({ predicted, known }) => predicted + agreementCounts * known);
  if (!taken) return { state: "unsure", logits: thought.logits, predictedIou: 0, agreement: best?.iou ?? 0 };
  return { state: "tracked", logits: taken.mask, predictedIou: taken.predicted, agreement: taken.iou };
}

interface Found extends Overlap {
  /** float32 [gridSize, gridSize]. */
  readonly mask: Float32Array;
  /** The model's own estimate of its IoU. */
  readonly predicted: number;
}

/**
 * The mask that agrees most with what was carried, or one that agrees next to as much and is a better one by itself. Agreement counts here
 * as well: by the model alone the larger ones would be taken, and from frame to frame more of what is around the object.
 */
function bestOf(masks: readonly Found[], frame: Frame): Found | undefined {
  const agreeing = most(masks, ({ iou }) => iou);
  if (!agreeing || agreeing.iou < leastAgreement) return agreeing;
  const least = Math.max(agreeing.iou - asGood, leastAgreement);
  return most(
    masks.filter(({ iou }) => iou >= least),
    ({ iou, predicted, mask }) => iou + Math.min(predicted, 1) + stabilityCounts * stabilityScore(mask, frame),
  );
}

/** What may be the object: the best mask, and those that are all of what that is a part of. */
function candidates(masks: readonly Found[], best: Found | undefined, frame: Frame): readonly Found[] {
  const little = masks.filter(({ foreign }) => foreign <= possible.foreign);
  if (!best || best.iou < leastAgreement) return little.filter(({ held }) => held >= possible.held);
  const larger = little.filter(
    ({ size, predicted, sureness }) =>
      size > whole.larger * best.size && predicted > best.predicted && sureness <= whole.sureness,
  );
  return [best, ...larger.filter(({ mask }) => shareHeld(mask, best.mask, frame) >= whole.held)];
}

/** The first of those that have most. */
function most<T>(all: readonly T[], of: (one: T) => number): T | undefined {
  return all.reduce<T | undefined>((best, one) => (best === undefined || of(one) > of(best) ? one : best), undefined);
}

interface Overlap {
  /** Places of the grid that are the mask's. */
  readonly size: number;
  readonly iou: number;
  /** How much of the other one the mask holds. */
  readonly held: number;
  /** How much of the mask is surely not the other one's. */
  readonly foreign: number;
  /** How sure what the mask has beside the other one is on the whole. */
  readonly sureness: number;
  /** IoU where what is unsure counts as unsure. */
  readonly known: number;
}

/** Of what is above 0 in the picture's part of the grid. */
function overlapOf(mask: Float32Array, other: Float32Array, sureness: Float32Array, frame: Frame): Overlap {
  const { columns, rows } = contentGrid(frame);
  let [both, size, others, sure] = [0, 0, 0, 0];
  for (let y = 0; y < rows; y++) {
    for (let at = y * frame.gridSize, end = at + columns; at < end; at++) {
      const isOther = other[at]! > 0;
      if (isOther) others++;
      if (!(mask[at]! > 0)) continue;
      size++;
      if (isOther) both++;
      else sure += sureness[at]!;
    }
  }
  return {
    size,
    iou: share(both, size + others - both),
    held: share(both, others),
    foreign: share(sure, size),
    sureness: share(sure, size - both),
    known: share(both, others + sure),
  };
}

/** How much of the other one the mask holds. */
function shareHeld(mask: Float32Array, other: Float32Array, frame: Frame): number {
  const { columns, rows } = contentGrid(frame);
  let [both, others] = [0, 0];
  for (let y = 0; y < rows; y++) {
    for (let at = y * frame.gridSize, end = at + columns; at < end; at++) {
      if (!(other[at]! > 0)) continue;
      others++;
      if (mask[at]! > 0) both++;
    }
  }
  return share(both, others);
}

const share = (part: number, all: number) => (all === 0 ? 0 : part / all);
