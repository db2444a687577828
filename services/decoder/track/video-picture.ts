import type { EmbeddingRef } from "../../inference/models/embedding-ref.js";
import { invalidArgument } from "../../runtime/errors.js";
import type { PictureSize } from "../../sam/prompts/check-prompt.js";
import type { PictureTasks } from "../pictures/pictures.js";

/** A picture of a video, whose embedding is fetched when it is needed first. */
export class VideoPicture {
  readonly ref: EmbeddingRef;
  readonly #open: () => Promise<PictureTasks>;
  #opened: Promise<PictureTasks> | undefined;

  /** @param open throws ServiceError NOT_FOUND for one without an embedding. */
  constructor(ref: EmbeddingRef, open: () => Promise<PictureTasks>) {
    this.ref = ref;
    this.#open = open;
  }

  open(): Promise<PictureTasks> {
    this.#opened ??= this.#open();
    return this.#opened;
  }
}

/** @throws ServiceError INVALID_ARGUMENT */
export function checkSize({ width, height }: PictureSize, target: PictureSize): void {
  if (width === target.width && height === target.height) return;
  throw invalidArgument(
    `The pictures of a video are of one size; one is ${width} x ${height}, another ${target.width} x ${target.height}.`,
  );
}
