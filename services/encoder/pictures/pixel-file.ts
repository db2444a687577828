import { randomUUID } from "node:crypto";
import { close, openSync, read, unlinkSync } from "node:fs";
import { sharedBytes } from "../../runtime/shared-bytes.js";

/** Linux's file system in memory; every process may write there, in most containers too. */
const folder = "/dev/shm";

/**
 * A file without a name, in memory, in which a picture process leaves its pixels. Megabytes through a pipe come in pieces, each of
 * which the thread that answers clicks copies; of a file another thread of Node's reads all of it at once.
 */
export class PixelFile {
  /** For the process to inherit. */
  readonly descriptor: number;
  #reads = 0;
  #isClosed = false;

  private constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /** @returns undefined where there is no such file system: then pixels come through the pipe. */
  static open(): PixelFile | undefined {
    if (process.platform !== "linux") return undefined;
    const path = `${folder}/maskwire-${randomUUID()}`;
    try {
      const descriptor = openSync(path, "wx+", 0o600);
      unlinkSync(path);
      return new PixelFile(descriptor);
    } catch {
      return undefined;
    }
  }

  /** Its first bytes. @throws Error when there are fewer. */
  async read(bytes: number): Promise<Uint8Array> {
    const into = sharedBytes(bytes);
    this.#reads++;
    try {
      for (let filled = 0; filled < bytes; ) filled += await this.#readSome(into, filled);
    } finally {
      this.#reads--;
      if (this.#isClosed) this.#release();
    }
    return into;
  }

  /** Once what is being read is there: its number may be another file's after that. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#release();
  }

  #readSome(into: Uint8Array, at: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.descriptor, into, at, into.byteLength - at, at, (error, count) => {
        if (error) reject(error);
        else if (count === 0) reject(new Error("a picture process has left fewer pixels than it said"));
        else resolve(count);
      });
    });
  }

  #release(): void {
    if (this.#reads === 0) close(this.descriptor);
  }
}
