import type { FrameMasks } from "../../../../../proto/index.js";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A frame and what was followed to it. */
export interface TrackedFrame {
  readonly name: string;
  readonly masks: FrameMasks | undefined;
}

/** A file to write, its path within the folder. */
export interface MadeFile {
  readonly path: string;
  readonly data: Uint8Array | string;
}
