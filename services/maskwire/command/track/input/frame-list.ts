/** A frame of a video, wherever it is kept. */
export interface FrameFile {
  /** What its masks are called after; a path where frames lie in folders. */
  readonly name: string;
  /** When it is shown, from the first on; of loose pictures nobody knows. */
  readonly timeMs?: number;
  /** The picture's file. @throws CommandError with the reason. */
  read(): Promise<Uint8Array>;
}

/** The frames of a video in their order, until it is disposed of. */
export interface FrameList extends AsyncDisposable {
  readonly frames: readonly FrameFile[];
}

export interface InputOptions {
  /** Frames a second that are wanted of what has times; left out, every frame there is. */
  readonly fps?: number;
  /** The last frame that is needed: none behind it is decoded. */
  readonly upTo?: number;
  /** The folder that decoded frames stay in; left out, they go with the list. */
  readonly keep?: string;
  /** How far it is: frames that were read, and how many there are likely to be. */
  readonly onFrame?: (done: number, expected: number | undefined) => void;
}

/** Frames are numbered by their names: 2 before 10. */
export const inOrder = new Intl.Collator("en", { numeric: true }).compare;

/** Files that hold a frame, by their names' ends. */
export const frameName = /\.(jpe?g|png|webp|tiff?|avif|gif)$/i;
