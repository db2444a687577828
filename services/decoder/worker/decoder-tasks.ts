import type { MaskRuns } from "../../../proto/rle.js";
import type { DecodedMask } from "../../sam/masks/decoded-mask.js";
import type { CheckedPrompt, PictureSize } from "../../sam/prompts/check-prompt.js";
import type { Region } from "../../sam/region.js";
import type { Painted, Thought } from "../../sam/track/labels/paint.js";
import type { LookedAt, Seen, SettledMask } from "../../sam/track/memory/memory-propagator.js";

/** What a worker says of each model that it has loaded, by its id. */
export type DecoderDetail = Record<string, { graph: "rewritten" | "stock" }>;

/** What every task of a decoder worker says of its picture. */
interface OnPicture {
  /** The embedding's key and record; the record is read only when the worker has not prepared it yet. */
  key: string;
  record: SharedArrayBuffer;
  /** Size of what was encoded: the upright picture, or a part of it. */
  width: number;
  height: number;
  modelId: string;
  /** Number of the latest deletion when the record came: one that is younger forbids to keep anything of it. */
  asOf: number;
}

/** What all workers are told: what they keep under keys that begin so was deleted. */
export interface Deletion {
  prefix: string;
  /** Deletions are numbered in their order. */
  number: number;
}

/** One prompt of a person or a program. */
export interface PromptTask extends OnPicture {
  kind: "prompt";
  /** Points and box in pixels of what was encoded; its mask is the picture's, or of a part that it names. */
  prompt: CheckedPrompt;
  picture: PictureSize;
  /** The part that was encoded; all of the picture when left out. Masks are those of the picture all the same. */
  crop?: Region;
  /** What it finds is kept for the click that may follow. */
  preview: boolean;
  multimask: boolean | undefined;
  png: boolean;
  lowResLogits: boolean;
}

export interface DecodedPrompt {
  /** Best first. */
  masks: DecodedMask[];
  /** The embedding was ready in this worker. */
  warm: boolean;
  /** The preview before it had asked the same: no run was needed. */
  isPreviewed: boolean;
  prepareMs: number;
  decodeMs: number;
  maskMs: number;
}

/** What a mask of everything mode must reach; names of Meta's SamAutomaticMaskGenerator. */
export interface GridThresholds {
  predIou: number;
  stabilityScore: number;
  /** In logits. */
  stabilityOffset: number;
  /** Pixels; 0 leaves holes and islands as they are. */
  minRegionArea: number;
}

/** A few points of a grid, each a prompt of its own. */
export interface GridTask extends OnPicture {
  kind: "grid";
  /** In pixels of what was encoded. */
  points: { x: number; y: number }[];
  thresholds: GridThresholds;
  /** Where the part lies when a part was encoded; masks are those of the picture all the same. */
  part?: { crop: Region; picture: PictureSize };
}

/** For each point the masks that reach the thresholds. */
export type DecodedGrid = DecodedMask[][];

/** What the picture looks like to the model at some points. */
export interface FeaturesTask extends OnPicture {
  kind: "features";
  points: { x: number; y: number }[];
}

/** The embedding of another picture. */
export type OtherPicture = Pick<OnPicture, "key" | "record" | "asOf">;

/** One of the same video, whose masks are known. */
interface MemoryPicture extends OtherPicture {
  /** See `MemoryFrame`. */
  everywhere: boolean;
}

/*
 * A step of a track, in parts between which a worker can do something else: labels are carried to the picture, each object is painted,
 * and where there are several their masks are divided.
 */

/** Objects of other pictures, looked for in this one. */
export interface CarryTask extends OnPicture {
  kind: "carry";
  memory: MemoryPicture[];
  /** `frame`: a place in the memory. Masks are of the picture's size; of a frame in which the object is absent there is none. */
  objects: { id: number; known: { frame: number; mask: MaskRuns | undefined }[] }[];
}

/** Where the objects are thought to be, in their order: where one is most of a place no other is. */
export interface CarriedObjects {
  readonly objects: readonly Thought[];
  /** See `Carried`. */
  readonly likeness: number;
}

export interface PaintTask extends OnPicture {
  kind: "paint";
  object: Thought;
  /** Its mask is finished with it, for there is none to be divided from. */
  isAlone: boolean;
}

export interface PaintedMask extends Painted {
  /** Of an object that is alone, in place of its logits. */
  readonly mask?: DecodedMask;
}

export interface DivideTask extends OnPicture {
  kind: "divide";
  painted: readonly Pick<Painted, "logits" | "predictedIou">[];
}

/** In the same order; undefined for those without logits. */
export type DividedMasks = readonly (DecodedMask | undefined)[];

/*
 * A step of a model with a memory of its own, in parts as well: for each object a look at the picture in the light of what is remembered,
 * then their masks settled together, then each remembered. What is remembered is in memory that threads share, so that it is kept for all
 * of them, and no part of it is copied on its way.
 */

/** float16 [rows, width]: what is remembered of a picture and a mask in it. */
export type MemoryRows = SharedArrayBuffer;
/** float32 [channels]: what is remembered of an object. */
export type MemoryPointer = SharedArrayBuffer;

/** What is remembered of an object here, by where it is. -> `MemoryRows` */
export interface RowsTask extends OnPicture {
  kind: "rows";
  /** known: as it is; left out where the object is absent. found: logits of a mask, float32 [maskGrid, maskGrid]. */
  object: { known: MaskRuns | undefined } | { found: Float32Array };
}

/** The pointer of an object here, by its mask. -> `MemoryPointer` */
export interface PointerTask extends OnPicture {
  kind: "pointer";
  /** Left out where the object is absent. */
  known: MaskRuns | undefined;
}

/** An object in the light of what is remembered of it. -> `Seen` */
export interface LookTask extends OnPicture {
  kind: "look";
  at: LookedAt<MemoryRows, MemoryPointer>;
}

/** Masks of objects that were seen here, so that none shares a pixel with another. */
export interface SettleTask extends OnPicture {
  kind: "settle";
  seen: readonly Pick<Seen<MemoryPointer>, "logits" | "predictedIou">[];
}

/** In the same order; undefined for objects that are not there, and those of which nothing is left. */
export type SettledMasks = readonly (SettledMask | undefined)[];

/** The embedding made ready, and nothing else. */
export interface PrepareTask extends OnPicture {
  kind: "prepare";
}

export interface PreparedPicture {
  /** The embedding was ready in this worker. */
  warm: boolean;
}

/** float32 [points, channels], each row of length 1. */
export type PointFeatures = Float32Array;

export type DecoderTask =
  | PromptTask
  | GridTask
  | FeaturesTask
  | CarryTask
  | PaintTask
  | DivideTask
  | RowsTask
  | PointerTask
  | LookTask
  | SettleTask
  | PrepareTask;
export type DecoderResult<T extends DecoderTask> = T extends PromptTask
  ? DecodedPrompt
  : T extends GridTask
    ? DecodedGrid
    : T extends PrepareTask
      ? PreparedPicture
      : T extends CarryTask
        ? CarriedObjects
        : T extends PaintTask
          ? PaintedMask
          : T extends DivideTask
            ? DividedMasks
            : T extends RowsTask | PointerTask
              ? SharedArrayBuffer
              : T extends LookTask
                ? Seen<MemoryPointer>
                : T extends SettleTask
                  ? SettledMasks
                  : PointFeatures;
