import { randomUUID } from "node:crypto";
import type { Rle } from "../../../proto/index.js";
import type { Held } from "../../../services/runtime/limits/byte-budget.js";
import type { Holder } from "../../../services/runtime/limits/shares.js";
import type { DecodedFile } from "../shared/base64-bytes.js";
import type { Picture } from "../shared/picture.js";
import type { PropagationTask } from "./propagation-task.js";

/** An object as a person has shown it on a frame, or as words have. */
export interface ShownObject {
  /** The tool's own number of it. */
  readonly id: number;
  /** From 0 in the video. */
  readonly frame: number;
  readonly rle: Rle;
  /** Empty for what nobody has named. */
  readonly label: string;
}

interface Kept {
  who: Holder;
  start: number;
  model: string;
  /** For the files' bytes, and what is kept beside them. */
  held: Held;
}

/** A video that X-AnyLabeling has sent. */
export class VideoSession {
  readonly id = randomUUID();
  readonly who: Holder;
  readonly frames: readonly Picture[];
  /** The tool's number of the first of them. */
  readonly start: number;
  /** Empty for the usual one. */
  readonly model: string;
  /** Of outlines, as a share of a ring's length: the last prompt's. */
  epsilon = 0;
  task: PropagationTask | undefined;
  readonly #ending = new AbortController();
  #followers = 0;
  readonly #held: Held;
  readonly #fileBytes: number;
  #shown: readonly ShownObject[] = [];
  #resultBytes = 0;

  constructor(files: readonly DecodedFile[], { who, start, model, held }: Kept) {
    this.who = who;
    this.frames = files.map((file) => ({ imageId: file.imageId, file: () => file }));
    this.start = start;
    this.model = model;
    this.#held = held;
    this.#fileBytes = held.bytes;
  }

  /** Aborts when it is not kept any more. */
  get ended(): AbortSignal {
    return this.#ending.signal;
  }

  /** In the background, or before somebody who waits. */
  get isFollowed(): boolean {
    return this.#followers > 0;
  }

  /** @returns to be called when it is over. */
  beginFollowing(): () => void {
    this.#followers++;
    return () => void this.#followers--;
  }

  end(): void {
    this.#ending.abort();
    this.task?.cancel();
  }

  get shown(): readonly ShownObject[] {
    return this.#shown;
  }

  /** Takes the place of what was shown. @throws ServiceError RESOURCE_EXHAUSTED when there is no room for it; all stays as it was. */
  show(objects: readonly ShownObject[]): void {
    this.#hold(objects, this.#resultBytes);
    this.#shown = objects;
  }

  /** So many bytes came of it. @throws as `show`. */
  holdResults(bytes: number): void {
    this.#hold(this.#shown, bytes);
    this.#resultBytes = bytes;
  }

  /** That are counted for it. */
  get bytes(): number {
    return this.#held.bytes;
  }

  #hold(shown: readonly ShownObject[], resultBytes: number): void {
    const shownBytes = shown.reduce((sum, { rle }) => sum + objectBytes + rle.counts.length, 0);
    this.#held.resize(this.#fileBytes + shownBytes + resultBytes);
  }
}

/** Beside its mask. */
const objectBytes = 256;
