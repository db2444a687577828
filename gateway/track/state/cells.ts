import type { Rle, TrackState } from "../../../proto/index.js";

/** What is known of an object on a frame that nobody has shown it on. */
export interface Cell {
  readonly state: TrackState;
  /** Undefined where it is absent, and where it was forgotten for want of room. */
  readonly rle: Rle | undefined;
  readonly agreement: number;
  /** A person has shown the object nearby since. */
  readonly isOutdated: boolean;
}

/** Frames whose cells are copied together when one changes. */
const chunkFrames = 128;
type Chunk = readonly (Cell | undefined)[];

/** Of a mask beside its characters: the message and its lists. */
const rleBytes = 256;
export const bytesOf = (rle: Rle | undefined): number => (rle ? rleBytes + rle.counts.length : 0);
/** Of a cell beside its mask: of what is absent, too. */
const cellBytes = 80;
const isKnown = (cell: Cell | undefined): boolean => cell?.isOutdated === false;
const weightOf = (cell: Cell | undefined): number => (cell ? cellBytes + bytesOf(cell.rle) : 0);

/** An object's cells by frame. Never changed: what changes one gives others that share the rest. */
export class Cells {
  static readonly none = new Cells([], 0, 0);
  readonly #chunks: readonly Chunk[];
  /** Of all of them. */
  readonly bytes: number;
  /** How many are not out of date. */
  readonly known: number;

  private constructor(chunks: readonly Chunk[], bytes: number, known: number) {
    this.#chunks = chunks;
    this.bytes = bytes;
    this.known = known;
  }

  get(frame: number): Cell | undefined {
    return this.#chunks[Math.floor(frame / chunkFrames)]?.[frame % chunkFrames];
  }

  with(frame: number, cell: Cell | undefined): Cells {
    return this.changed(frame, frame, () => cell);
  }

  /** Both ends too. */
  changed(first: number, last: number, change: (cell: Cell | undefined, frame: number) => Cell | undefined): Cells {
    const chunks = [...this.#chunks];
    let { bytes, known } = this;
    for (let at = Math.floor(first / chunkFrames); at * chunkFrames <= last; at++) {
      const chunk = [...(chunks[at] ?? [])];
      const from = at * chunkFrames;
      const end = Math.min(last, from + chunkFrames - 1);
      for (let frame = Math.max(first, from); frame <= end; frame++) {
        const before = chunk[frame - from];
        const after = change(before, frame);
        chunk[frame - from] = after;
        bytes += weightOf(after) - weightOf(before);
        known += Number(isKnown(after)) - Number(isKnown(before));
      }
      // Lists without holes.
      while (chunks.length < at) chunks.push([]);
      chunks[at] = chunk;
    }
    return new Cells(chunks, bytes, known);
  }

  /** Frames with a cell, in their order. */
  *entries(): Generator<[frame: number, cell: Cell]> {
    for (const [at, chunk] of this.#chunks.entries()) {
      for (const [place, cell] of chunk.entries()) if (cell) yield [at * chunkFrames + place, cell];
    }
  }
}
