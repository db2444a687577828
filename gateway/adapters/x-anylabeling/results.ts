import { JsonPieces } from "../../json/json-pieces.js";

/** Frames by the tool's numbers, both of them too. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** A frame that is done. One may come again, with more in it. */
export interface FollowedFrame {
  /** The tool's number. */
  readonly frame: number;
  readonly shapes: readonly object[];
}

interface Progress {
  /** The tool's number of the frame that was done last. */
  readonly current_frame: number;
  /** Of the whole video. */
  readonly total_frames: number;
  /** Share of the frames that are wanted, 0 to 1. */
  readonly progress: number;
}

/** Frames of a video that are done. */
export class Results {
  readonly #span: Span;
  readonly #total: number;
  readonly #hold: (bytes: number) => void;
  /** Each frame's as they are told. */
  readonly #frames = new Map<number, JsonPieces>();
  #bytes = 0;
  #current: number;

  /** @param hold told how many bytes are kept. */
  constructor(span: Span, total: number, hold: (bytes: number) => void) {
    this.#span = span;
    this.#total = total;
    this.#hold = hold;
    this.#current = span.first;
  }

  /** Takes the place of what came of the same frame. @throws what `hold` throws. */
  add({ frame, shapes }: FollowedFrame): void {
    const told = JsonPieces.object([["masks", shapes]]);
    const bytes = this.#bytes + told.bytes - (this.#frames.get(frame)?.bytes ?? 0);
    this.#hold(bytes);
    this.#bytes = bytes;
    this.#frames.set(frame, told);
    this.#current = frame;
  }

  get progress(): Progress {
    const { first, last } = this.#span;
    const done = this.#frames.size / (last - first + 1);
    return { current_frame: this.#current, total_frames: this.#total, progress: done };
  }

  /** By the tool's numbers. */
  get all(): JsonPieces {
    return JsonPieces.object([...this.#frames].map(([frame, told]) => [String(frame), told]));
  }
}
