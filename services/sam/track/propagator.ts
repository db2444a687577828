import type { MaskRuns } from "../../../proto/rle.js";
import type { DecodedMask } from "../masks/decoded-mask.js";
import type { TrackState } from "./track-state.js";

/**
 * A way to follow objects from frame to frame. It keeps no state: what is remembered of an object in a frame is made of that frame and
 * the object's mask there, and is made again where it was lost. A person's mask starts a track and corrects it alike.
 * @template Picture a frame. @template Memory what is remembered of an object in a frame.
 */
export interface Propagator<Picture, Memory> {
  /** Of an object in a frame where it is known. Whatever that takes is done when a step needs it. */
  remember(picture: Picture, known: KnownObject): Memory;
  /** A frame's objects from what is remembered of others. @returns in the same order; no two masks share a pixel. */
  step(picture: Picture, at: FrameOfTrack, objects: readonly Remembered<Memory>[]): Promise<Step>;
}

/** An object in a frame. */
export interface KnownObject {
  /** Undefined where it is absent. */
  readonly mask: MaskRuns | undefined;
  /** A person has shown it. */
  readonly isShown: boolean;
}

/** Which frame it is, and the way the track goes. */
export interface FrameOfTrack {
  readonly frame: number;
  readonly direction: "forward" | "backward";
}

/** Of an object, by frame. */
export interface Remembered<Memory> {
  readonly id: number;
  /** Frames on which a person has shown it. */
  readonly shown: ReadonlyMap<number, Memory>;
  /** Frames to which it was followed. */
  readonly followed: ReadonlyMap<number, Memory>;
}

export interface Step {
  readonly objects: readonly FollowedObject[];
  /** How alike the frame is to the nearest that is remembered: next to nothing across a cut. At most 1; of noise it may be a little below 0. */
  readonly likeness: number;
}

export interface FollowedObject {
  readonly id: number;
  readonly state: TrackState;
  /** Undefined for one that is absent. */
  readonly mask: DecodedMask | undefined;
  /** How well the mask goes with what was remembered, 0 to 1, as each way reckons it. */
  readonly agreement: number;
}
