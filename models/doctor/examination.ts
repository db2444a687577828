import type { ModelSpec } from "../../services/inference/families/model-spec.js";

/** Of a mask that is the right one. */
export const rightIou = 0.8;

/** One picture, and the IoU of the mask that a click on each of its objects gave. */
export interface Examined {
  width: number;
  height: number;
  orientation: number;
  resize: ModelSpec["preprocess"]["resize"];
  /** NaN where there was no embedding. */
  ious: Record<string, number>;
}

/** How well a model does on hard pictures that it gets in one form. */
export interface Trial {
  /** What is wrong with the entry, if this form is the right one; undefined for the entry's own. */
  fault: string | undefined;
  /** Of the masks of all objects, the mean. */
  iou: number;
}

/** As it was exported, and why; or a faster one that was proven on this machine, and how far from the exported one it is. */
export type ServedGraph = { kind: "stock"; reason: string } | { kind: "rewritten"; difference: number };

export interface Examination {
  model: string;
  provider: string;
  /** Why each provider before it could not start. */
  skipped: string[];
  /** How each graph is served. */
  graphs: { encoder: ServedGraph; decoder: ServedGraph };
  /** By the manifest's resize rule: every size in every orientation. */
  pictures: Examined[];
  /** By the other rule. */
  otherRule: Examined[];
  /** The entry's own form first; of the others none where only a few pictures were looked at, and all was well. */
  trials: Trial[];
  /** Why the encoder gave no embedding of a picture, the first time. */
  fault?: string;
  /** Medians. */
  encodeMs: number;
  decodeMs: number;
  /** Of this process, from before the model was loaded until all was done. */
  memoryBytes: number;
}
