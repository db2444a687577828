import { LRUCache } from "lru-cache";
import { invalidArgument } from "../../runtime/errors.js";
import { holderOf } from "../../runtime/limits/shares.js";
import type { Origin } from "../../runtime/tracing/origin.js";
import { orAborted } from "../../runtime/waits.js";
import type { PictureFiles } from "../files/picture-files.js";
import { MakingLine } from "./making-line.js";

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

/** One that is being made, or waits for that. */
interface Flight {
  readonly outcome: Promise<MadeThumbnail>;
  readonly abandoned: AbortController;
  isMaking: boolean;
  askers: number;
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
  readonly #flights = new Map<string, Flight>();
  readonly #line = new MakingLine({ atOnce: madeAtOnce, mostWaiting });

  constructor(options: ThumbnailsOptions) {
    this.#options = options;
    this.#kept = new LRUCache({
      maxSize: options.keptBytes,
      sizeCalculation: ({ file }) => file.byteLength + entryBytes,
    });
  }

  /**
   * @param size as the contract has it. @param signal one that waits is not made once all who asked for it have left.
   * @throws ServiceError INVALID_ARGUMENT; RESOURCE_EXHAUSTED when too many wait; NOT_FOUND when the file is gone; as `MakeThumbnail`; the
   *   signal's reason.
   */
  async get(picture: KnownPicture, size: number, asker: Asker, signal: AbortSignal): Promise<MadeThumbnail> {
    const side = Math.min(sideFor(size), Math.max(picture.width, picture.height));
    const key = `${side} ${picture.imageId} ${asker.tenant ?? ""}`;
    const kept = this.#kept.get(key);
    if (kept) return kept;
    signal.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#begin(key, picture, side, asker);
    flight.askers++;
    try {
      return await orAborted(flight.outcome, signal);
    } finally {
      if (--flight.askers === 0 && !flight.isMaking) {
        this.#forget(key, flight);
        flight.abandoned.abort();
      }
    }
  }

  #begin(key: string, picture: KnownPicture, side: number, asker: Asker): Flight {
    const abandoned = new AbortController();
    const outcome = this.#line.enter(holderOf(asker), abandoned.signal, async () => {
      flight.isMaking = true;
      const made = await this.#make(picture, side, asker);
      this.#kept.set(key, made);
      return made;
    });
    const flight: Flight = { outcome, abandoned, isMaking: false, askers: 0 };
    this.#flights.set(key, flight);
    // Everybody may have left by the time it fails; that is nobody's unhandled rejection.
    outcome.catch(() => {}).finally(() => this.#forget(key, flight));
    return flight;
  }

  #forget(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
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
