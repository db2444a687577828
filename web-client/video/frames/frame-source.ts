/** Why a video could not be read, in a sentence for the person. */
export class VideoProblem extends Error {
  override readonly name = "VideoProblem";
}

/** One of a video's frames, as it is sent. */
export interface ReadFrame {
  readonly name: string;
  /** From the first frame on; of loose pictures nobody knows. */
  readonly timeMs: number | undefined;
  readonly file: Blob;
  readonly width: number;
  readonly height: number;
  /** Small, for the timeline. */
  readonly thumbnail: Blob;
}

/** The frames of what a person has chosen, one after the other. */
export interface FrameSource {
  readonly name: string;
  /** How many there are likely to be. */
  readonly expected: number | undefined;
  frames(signal: AbortSignal): AsyncGenerator<ReadFrame>;
}
