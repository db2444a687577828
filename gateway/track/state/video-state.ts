import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  KnownPicture,
  Rle,
  TrackCommand,
  TrackDirection,
  TrackedMask,
  TrackMemory,
  TrackPrompt,
  TrackUpdateSchema,
} from "../../../proto/index.js";
import type { ErrorFields } from "../../../services/runtime/grpc/error-message.js";
import type { Cells } from "./cells.js";

/*
 * What is known of a video, heard and done. The rules are SPEC.md's (Y); `step` follows them.
 */

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What is followed. */
export interface TrackedObject {
  readonly id: number;
  /** What people have made of it, by frame. */
  readonly shown: ReadonlyMap<number, Rle>;
  /** The same frames, in their order. */
  readonly shownFrames: readonly number[];
  /** Its other frames. */
  readonly cells: Cells;
  /** Another one whenever what is shown of it has changed: what was begun before is not of it any more. */
  readonly round: number;
}

/** A prompt that is not answered yet. */
export interface Asked {
  /** Ours; the sequence is the client's, who may use one twice. */
  readonly number: number;
  readonly sequence: number;
  readonly prompt: TrackPrompt;
  readonly fromCurrent: boolean;
  /** A decoder is asked; else it waits. */
  readonly isUnderWay: boolean;
}

/** Frames are made in passes: forwards, then what is nearer to a shown frame behind it, backwards; then the same before `from`. */
export type Pass = 0 | 1 | 2 | 3;

/** How far back a model's memory reaches; "none" for one that has none, or that a decoder serves without it. */
export type KnownMemory = TrackMemory | "none";

export interface Run {
  readonly sequence: number;
  readonly from: number;
  readonly direction: TrackDirection;
  readonly first: number;
  /** Undefined: to the end, wherever that will be. */
  readonly last: number | undefined;
  /** All before this is made, unless something was shown since. */
  readonly at: { readonly pass: Pass; readonly frame: number } | undefined;
  /** That it has made. */
  readonly frames: number;
  /** Of the frames of this pass that it has made last. */
  readonly likeness: readonly number[];
  /** What is under way. */
  readonly step: MadeStep | undefined;
  /** Of the model, as decoders have told it last. */
  readonly memory: KnownMemory | undefined;
}

/** A frame to be made. */
export interface PlannedStep {
  readonly pass: Pass;
  readonly frame: number;
  /** Those that it is made of. */
  readonly objects: readonly number[];
}

interface MadeStep extends PlannedStep {
  readonly number: number;
  /** Each object's, as it was when this was begun. */
  readonly rounds: ReadonlyMap<number, number>;
}

export interface OpenedVideo {
  readonly kind: "open";
  /** Tells this video's events from those of one before. */
  readonly opening: number;
  readonly imageIds: readonly string[];
  readonly model: string;
  readonly more: boolean;
  /** Undefined until a frame was looked at. */
  readonly size: Size | undefined;
  /** By their numbers. */
  readonly objects: ReadonlyMap<number, TrackedObject>;
  readonly asked: readonly Asked[];
  readonly run: Run | undefined;
  /** Prompts, steps and rounds so far. */
  readonly count: number;
  /** Who asks does not read what he was told: nothing more is made for him. */
  readonly isBehind: boolean;
}

export type VideoState =
  | { readonly kind: "none"; readonly opening: number }
  | OpenedVideo
  | { readonly kind: "closed" };

export const noVideo: VideoState = { kind: "none", opening: 0 };

/** A mask of a person's, and the frame's size. */
export interface Shown {
  readonly mask: TrackedMask;
  readonly size: Size;
}

export type VideoEvent =
  | { kind: "command"; command: TrackCommand }
  | { kind: "shown"; opening: number; asked: number; shown: Shown }
  | { kind: "not-shown"; opening: number; asked: number; error: ErrorFields }
  | { kind: "made"; opening: number; step: number; objects: readonly TrackedMask[]; likeness: number; size: Size }
  /** `missing`: frames that nobody has any more. */
  | {
      kind: "not-made";
      opening: number;
      step: number;
      frame: number;
      missing: readonly number[];
      error: ErrorFields;
    }
  /** Who asks is slower than what he is told, or has caught up. */
  | { kind: "reader"; isBehind: boolean }
  /** The run may not go on: nobody reads it, or the gateway stops. */
  | { kind: "give-up"; error: ErrorFields }
  /** He asks for nothing more. */
  | { kind: "ended" }
  | { kind: "close" };

export type Update = NonNullable<MessageInitShape<typeof TrackUpdateSchema>["update"]>;

export type VideoEffect =
  | { kind: "send"; sequence: number; update: Update }
  /** A person's prompt is to be decoded. */
  | {
      kind: "show";
      opening: number;
      asked: number;
      imageId: string;
      model: string;
      prompt: TrackPrompt;
    }
  | { kind: "abandon-show"; asked: number }
  /** A frame is to be made. */
  | {
      kind: "make";
      opening: number;
      step: number;
      frame: number;
      imageIds: readonly string[];
      model: string;
      /** What it is made from. */
      known: readonly KnownPicture[];
      /** It is followed to from frames behind it. */
      backward: boolean;
      /** Those that come after it, the nearest first. */
      next: readonly number[];
    }
  | { kind: "abandon-make" }
  /** Nothing that is under way is wanted any more. */
  | { kind: "cancel" };

export interface VideoLimits {
  /** Of a video: its ids and masks. */
  readonly maxBytes: number;
  /** Prompts that may wait for an answer at once. */
  readonly maxWaiting: number;
  readonly retryAfterMs: number;
  /** Of the video's model; undefined while no decoder says. */
  readonly memory?: KnownMemory | undefined;
}

export type VideoStep = readonly [VideoState, readonly VideoEffect[]];
/** One after which the video is open still. */
export type OpenStep = readonly [OpenedVideo, readonly VideoEffect[]];
