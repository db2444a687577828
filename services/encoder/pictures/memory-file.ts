import { randomUUID } from "node:crypto";
import { close, ftruncate, openSync, read, unlinkSync, writev } from "node:fs";
import { sharedBytes } from "../../runtime/shared-bytes.js";
import { bytesOf, type FileParts } from "./file-parts.js";

/** Linux's file system in memory; every process may write there, in most containers too. */
const folder = "/dev/shm";

/**
 * A file without a name, in memory, which a picture process inherits: what is long comes and goes in it. Megabytes through a pipe
 * come in pieces, for each of which both sides wake up, and which the thread that answers clicks copies; of a file another
 * thread of Node's reads or writes all at once.
 */
export class MemoryFile {
  /** For the process to inherit. */
  readonly descriptor: number;
  #uses = 0;
  #isClosed = false;
  /** The last thing that was asked of it: what is asked next waits for that, so that no late end cuts what came after. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  /** @returns undefined where there is no such file system: then all goes through the pipes. */
  static open(): MemoryFile | undefined {
    if (process.platform !== "linux") return undefined;
    const path = `${folder}/maskwire-${randomUUID()}`;
    try {
      const descriptor = openSync(path, "wx+", 0o600);
      unlinkSync(path);
      return new MemoryFile(descriptor);
    } catch {
      return undefined;
    }
  }

  /** Its first bytes. @throws Error when there are fewer. */
  read(bytes: number): Promise<Uint8Array> {
    const into = sharedBytes(bytes);
    return this.#use(async () => {
      for (let filled = 0; filled < bytes; ) filled += await this.#readSome(into, filled);
      return into;
    });
  }

  /** From its beginning. @throws Error of the system's when there is no room; nothing is left there then. */
  write(parts: FileParts): Promise<void> {
    return this.#use(async () => {
      try {
        await this.#write(parts);
      } catch (error) {
        await this.#empty();
        throw error;
      }
    });
  }

  /** Gives back the memory that it takes. */
  empty(): Promise<void> {
    return this.#use(() => this.#empty());
  }

  /** Once what is under way with it is over: its number may be another file's after that. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#release();
  }

  async #use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new Error("the file in memory is closed");
    this.#uses++;
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    try {
      return await done;
    } finally {
      this.#uses--;
      if (this.#isClosed) this.#release();
    }
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

  #write(parts: FileParts): Promise<void> {
    return new Promise((resolve, reject) => {
      writev(this.descriptor, parts, 0, (error, count) => {
        if (error) reject(error);
        else if (count < bytesOf(parts)) reject(new Error("there is no room for the file in memory"));
        else resolve();
      });
    });
  }

  #empty(): Promise<void> {
    return new Promise((resolve) => ftruncate(this.descriptor, 0, () => resolve()));
  }

  #release(): void {
    if (this.#uses === 0) close(this.descriptor);
  }
}
