import type { DatasetPicture } from "../../../proto/index.js";
import { decodeUpright } from "../../upright/decode-upright.js";
import type { DatasetService } from "../net/service.js";

/** As many files as are kept: what is looked at, and what comes next. */
const mostKept = 32;

/** Pixels of the longer side of one that is shown with so many: of few sizes, so that the browser has it for another window too. */
export const thumbnailSize = (wanted: number): number => [128, 256, 512].find((size) => size >= wanted) ?? 1024;

/** Pictures' files, each fetched once while it is wanted; whoever knows what comes next asks for it ahead. */
export class PictureFiles {
  readonly #service: Pick<DatasetService, "file" | "thumbnail">;
  readonly #files = new Map<bigint, Promise<Blob>>();

  constructor(service: Pick<DatasetService, "file" | "thumbnail">) {
    this.#service = service;
  }

  file(picture: bigint): Promise<Blob> {
    const known = this.#files.get(picture);
    const file = known ?? this.#service.file(picture);
    this.#files.delete(picture);
    this.#files.set(picture, file);
    // What failed is asked for anew.
    if (known === undefined) file.catch(() => this.#files.delete(picture));
    for (const [oldest] of this.#files) {
      if (this.#files.size <= mostKept) break;
      this.#files.delete(oldest);
    }
    return file;
  }

  /** Its pixels, upright; for the caller to close. */
  async bitmap(picture: bigint): Promise<ImageBitmap> {
    return decodeUpright(await this.file(picture));
  }

  /** Its pixels, upright, as few as that; for the caller to close. The browser keeps the files. */
  async thumbnail({ id, image }: DatasetPicture, size: number): Promise<ImageBitmap> {
    return createImageBitmap(await this.#service.thumbnail(id, { size, imageId: image?.imageId ?? "" }));
  }

  /** They will be wanted soon. */
  prefetch(pictures: Iterable<bigint>): void {
    for (const picture of pictures) this.file(picture).catch(() => {});
  }
}
