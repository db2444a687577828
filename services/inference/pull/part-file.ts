import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { ModelFile } from "../families/model-spec.js";
import { PullError } from "./pull-error.js";
import { writeFault } from "./write-fault.js";

/** A file that is being written beside its place, with its digest so far. What is there already counts. */
export class PartFile implements AsyncDisposable {
  readonly #place: string;
  readonly #file: FileHandle;
  #hash: Hash;
  #bytes: number;

  private constructor(place: string, file: FileHandle, hash: Hash, bytes: number) {
    this.#place = place;
    this.#file = file;
    this.#hash = hash;
    this.#bytes = bytes;
  }

  /** @param place where it will lie. @throws PullError where nothing may be written. */
  static async open(place: string): Promise<PartFile> {
    const part = partOf(place);
    const opening = mkdir(dirname(place), { recursive: true }).then(() => open(part, "a+"));
    const file = await opening.catch((error: unknown) => {
      throw writeFault(error, dirname(place));
    });
    const hash = createHash("sha256");
    let bytes = 0;
    // Only of a regular file there is anything to go on from.
    if ((await file.stat()).isFile()) {
      for await (const chunk of createReadStream(part, { highWaterMark: 1024 * 1024 })) {
        hash.update(chunk);
        bytes += chunk.length;
      }
    }
    return new PartFile(place, file, hash, bytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws PullError when the disk is full. */
  async append(chunk: Uint8Array): Promise<void> {
    try {
      // `write` may write less, as on a disk with little room.
      await this.#file.appendFile(chunk);
    } catch (error) {
      throw writeFault(error, dirname(this.#place));
    }
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }

  async restart(): Promise<void> {
    await this.#file.truncate(0);
    this.#hash = createHash("sha256");
    this.#bytes = 0;
  }

  /** Puts it in its place, in one step. @throws PullError when it is not the file that is meant: nothing of it is kept then. */
  async finish({ source, sha256, bytes }: ModelFile): Promise<void> {
    const digest = this.#hash.copy().digest("hex");
    if (digest !== sha256 || this.#bytes !== bytes) {
      await this.discard();
      const is = this.#bytes === bytes ? `has SHA-256 ${digest}` : `has ${this.#bytes} bytes`;
      const meant = this.#bytes === bytes ? sha256 : String(bytes);
      throw new PullError(`${source} ${is}; the manifest says ${meant}. Nothing of it was kept.`);
    }
    await this.#file.sync();
    await rename(partOf(this.#place), this.#place);
  }

  async discard(): Promise<void> {
    await rm(partOf(this.#place), { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
    // A file or a folder that holds nothing is nothing to keep.
    if (this.#bytes === 0) await this.discard();
    await rmdir(dirname(this.#place)).catch(() => {});
  }
}

export const partOf = (place: string): string => `${place}.part`;
