/** A video whose objects are known in every frame. */
export interface Sequence {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly frames: readonly SequenceFrame[];
  /** How many objects the first frame shows: those that are followed, numbered from 1. */
  readonly objects: number;
}

export interface SequenceFrame {
  /** The picture's file. */
  readonly bytes: Uint8Array;
  /** Row by row which object each pixel is of, 0 for none. */
  readonly ids: Uint8Array;
}

/** 1 where an object is, row by row. */
export const maskOf = ({ ids }: Pick<SequenceFrame, "ids">, object: number): Uint8Array =>
  ids.map((id) => (id === object ? 1 : 0));
