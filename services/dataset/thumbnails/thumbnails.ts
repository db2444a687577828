import { LRUCache } from "lru-cache";
import pLimit from "p-limit";
import { invalidArgument, overloaded } from "../../runtime/errors.js";
import type { Origin } from "../../runtime/tracing/origin.js";
import type { PictureFiles } from "../files/picture-files.js";

/** A picture made small. */
interface MadeThumbnail {
  readonly file: Uint8Array;
  readonly mediaType: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

type Asker = Pick<Origin, "caller" | "tenant">;

/** Decodes a picture as `Measure` does, and makes it small. @param side pixels of its longer one. @throws ServiceError. */
export type MakeThumbnail = (bytes: Uint8Array, side: number, asker: Asker) => Promise<MadeThumbnail>;

/** What of a picture is known before its file is opened. */
interface KnownPicture {
  readonly imageId: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
}

interface ThumbnailsOptions {
  readonly pictures: Pick<PictureFiles, "open">;
  readonly make: MakeThumbnail;
  /** Of those that are kept. */
  readonly keptBytes: number;
}

const sides = [128, 256, 512, 1024];
const usualSide = 256;
const mostSide = 1024;
/** Each has a file in memory meanwhile, which may be as large as any that is taken. */
const madeAtOnce = 2;
/** Some pages' worth of pictures. */
const mostWaiting = 256;
/** Of what is kept beside its bytes. */
const entryBytes = 500;

/** Pictures made small, each once while it is wanted: what a picture looks like never changes under its digest. */
export class Thumbnails {
  readonly #options: ThumbnailsOptions;
  readonly #kept: LRUCache<string, MadeThumbnail>;
  readonly #making = new Map<string, Promise<MadeThumbnail>>();
  readonly #limit = pLimit(madeAtOnce);

  constructor(options: ThumbnailsOptions) {
    this.#options = options;
    this.#kept = new LRUCache({
      maxSize: options.keptBytes,
      sizeCalculation: ({ file }) => file.byteLength + entryBytes,
    });
  }

  /**
   * @param size as the contract has it. @throws ServiceError INVALID_ARGUMENT; RESOURCE_EXHAUSTED when too many wait; NOT_FOUND when the
   *   file is gone; as `MakeThumbnail`.
   */
  async get(picture: KnownPicture, size: number, asker: Asker): Promise<MadeThumbnail> {
    const side = Math.min(sideFor(size), Math.max(picture.width, picture.height));
    const key = `${side} ${picture.imageId} ${asker.tenant ?? ""}`;
    const known = this.#kept.get(key) ?? this.#making.get(key);
    if (known) return known;
    if (this.#limit.pendingCount >= mostWaiting)
      throw overloaded("Too many thumbnails are waited for; try again.", 1000);
    const making = this.#limit(() => this.#make(picture, side, asker));
    this.#making.set(key, making);
    try {
      const made = await making;
      this.#kept.set(key, made);
      return made;
    } finally {
      this.#making.delete(key);
    }
  }

  async #make({ imageId, bytes }: KnownPicture, side: number, asker: Asker): Promise<MadeThumbnail> {
    const { pictures, make } = this.#options;
    const file = Buffer.allocUnsafe(bytes);
    let at = 0;
    for await (const chunk of pictures.open({ tenant: asker.tenant, imageId })) {
      file.set(chunk, at);
      at += chunk.byteLength;
    }
    return make(file.subarray(0, at), side, asker);
  }
}

/** @throws ServiceError INVALID_ARGUMENT */
function sideFor(size: number): number {
  const wanted = size === 0 ? usualSide : size;
  if (wanted > mostSide) throw invalidArgument(`A thumbnail's size is 1 to ${mostSide}; ${wanted} was asked for.`);
  return sides.find((side) => side >= wanted) ?? mostSide;
}
