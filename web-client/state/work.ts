import type { Annotation, Mask } from "../../proto/index.js";
import type { Region, Spot } from "../geometry/spot.js";
import { noPrompts, type PromptPoint, type Prompts } from "../sdk/session/prompts.js";
import type { Click } from "../sdk/session/waiting.js";

/** What a person did on one picture. */
export interface Work {
  readonly edit: Edit;
  readonly everything: Everything;
}

/** Everything mode: all objects of the picture, found by the service on its own. */
export type Everything =
  | { readonly kind: "off" }
  /** Begins as soon as it can. */
  | ({ readonly kind: "wanted" } & Overlay)
  | ({
      readonly kind: "finding";
      readonly pointsDone: number;
      /** 0 until the service has said it. */
      readonly pointsTotal: number;
      readonly etaMs: number;
      readonly heardAtMs: number;
    } & Overlay)
  | ({ readonly kind: "done"; readonly elapsedMs: number } & Overlay)
  | ({ readonly kind: "cancelled" } & Overlay)
  | ({ readonly kind: "failed"; readonly message: string } & Overlay);

export interface Overlay {
  /** Small to large. */
  readonly found: readonly Annotation[];
  /** Whether they lie over the picture, for the pointer and the keyboard to choose from. */
  readonly open: boolean;
  /** The one that is highlighted. */
  readonly lit: number | undefined;
  /** What was looked for; everything when left out. */
  readonly words?: string | undefined;
}

/** The work on one picture: the current object and those that are finished, with their history, and what waits for an answer. */
export interface Edit {
  readonly past: readonly Step[];
  readonly present: Step;
  readonly future: readonly Step[];
  readonly waiting: readonly Click[];
  readonly hover: Hover;
}

export interface Step {
  /** 0 for a step without prompts, which is never asked. */
  readonly sequence: number;
  readonly prompts: Prompts;
  readonly answer: Answer | undefined;
  /** Why there is no answer and will be none. */
  readonly problem: string | undefined;
  /** The prompts were asked as they are; otherwise the answer came from elsewhere, and they do not lead to it. */
  readonly asked?: boolean | undefined;
  /** The model that was asked; undefined for the usual one. */
  readonly model?: string | undefined;
  /** The finished objects at this step, the topmost last. */
  readonly objects: readonly SceneObject[];
  /** The finished object that the current one is to replace. */
  readonly editing: number | undefined;
}

/** A finished object. */
export interface SceneObject {
  /** Unique within the picture. */
  readonly id: number;
  /** The person's own name for it; without one it goes by its number. */
  readonly name: string | undefined;
  /** Which of the page's colours. */
  readonly colour: number;
  readonly visible: boolean;
  /** What it was made from, to be edited again. */
  readonly prompts: Prompts;
  readonly answer: Answer;
}

export interface Answer {
  /** Best first. */
  readonly masks: readonly Mask[];
  readonly chosen: number;
  /** Once some of them have been made finer. */
  readonly finer?: Finer | undefined;
}

/** What was made finer of an answer. */
export interface Finer {
  /** The part of the picture that was looked at by itself. */
  readonly crop: Region;
  /** Which of the masks; the others are as they came first. */
  readonly masks: readonly number[];
  /** What whoever made them numbers them, in the same order: the browser's own answer may have another. As here when left out. */
  readonly made?: readonly number[] | undefined;
  /** Of each mask as it came first, which is what was said of it: an outline that has moved by a hair is not told again. */
  readonly said: readonly Pick<Mask, "area" | "predictedIou">[];
}

/** The preview under the pointer. */
export interface Hover {
  /** On their way, the oldest first. */
  readonly asked: readonly AskedPreview[];
  /** Where the pointer is now, when no more may be on their way. */
  readonly wanted: Spot | undefined;
  /** The point that the latest one was asked about, until the pointer has left. */
  readonly at: PromptPoint | undefined;
  /** It has come. */
  readonly isFound: boolean;
  readonly shown: Mask | undefined;
  /** What is shown comes from a draft of the picture. */
  readonly isDraft: boolean;
}

export interface AskedPreview {
  readonly sequence: number;
  readonly atMs: number;
  /** The pointer has left, or something was done: its mask is not to be shown. */
  readonly stale: boolean;
}

export const noHover: Hover = {
  asked: [],
  wanted: undefined,
  at: undefined,
  isFound: false,
  shown: undefined,
  isDraft: false,
};
export const emptyStep: Step = {
  sequence: 0,
  prompts: noPrompts,
  answer: undefined,
  problem: undefined,
  objects: [],
  editing: undefined,
};
export const emptyEdit: Edit = { past: [], present: emptyStep, future: [], waiting: [], hover: noHover };
