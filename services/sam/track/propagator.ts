/**
 * Follows one object from frame to frame. It keeps nothing itself: what is remembered of a frame is the caller's, who may lose it and
 * have it made again from the frame and the object's mask there.
 * @template Picture a frame, as it is ready for the model. @template Memory what is remembered of the object in a frame.
 */
export interface Propagator<Picture, Memory> {
  /** The first frame that a person touched. @param mask float32 [gridSize, gridSize], above 0 inside. */
  start(picture: Picture, mask: Float32Array): Promise<Memory>;
  /** A frame from those that are remembered. */
  step(picture: Picture, at: FrameOfTrack, remembered: Remembered<Memory>): Promise<Followed<Memory>>;
  /** A frame that a person touched later: what was remembered of it is forgotten. */
  correct(picture: Picture, mask: Float32Array): Promise<Memory>;
}

/** Which frame it is, and the way the track goes. */
export interface FrameOfTrack {
  readonly frame: number;
  readonly direction: "forward" | "backward";
}

/** By frame. */
export interface Remembered<Memory> {
  /** Frames that a person touched. */
  readonly touched: ReadonlyMap<number, Memory>;
  /** Frames that were followed. */
  readonly followed: ReadonlyMap<number, Memory>;
}

export interface Followed<Memory> {
  /** float32 [gridSize, gridSize]; undefined where the object is not there. */
  readonly logits: Float32Array | undefined;
  /** The model's own estimate of its IoU. */
  readonly predictedIou: number;
  /** Of this frame, for those behind it. */
  readonly memory: Memory;
}
