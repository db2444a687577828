import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, opendir, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ServiceError } from "../../runtime/errors.js";
import { fileGone, noRoom, storeLost } from "./file-errors.js";
import { type Chunks, checked, checkKey, type FileStore } from "./file-store.js";

/** What is half written this long after is nobody's any more: its process was killed. */
const abandonedMs = 24 * 3_600_000;
const readBytes = 256 * 1024;

/** Files in a folder of this machine, or of a file system that several share. */
export class FolderFiles implements FileStore {
  readonly #folder: string;
  readonly #partial: string;
  #isSwept = false;

  /** @param folder is made with the first file. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#partial = join(folder, ".partial");
  }

  async put(
    key: string,
    chunks: Chunks,
    { sha256, signal }: { sha256?: string; signal?: AbortSignal } = {},
  ): Promise<number> {
    const path = this.#pathOf(key);
    const partial = join(this.#partial, randomUUID());
    try {
      await mkdir(this.#partial, { recursive: true });
      await this.#sweep();
      const bytes = await writeDurably(partial, checked(chunks, sha256), signal);
      await moveTo(path, partial);
      await syncFolder(dirname(path));
      return bytes;
    } catch (error) {
      await rm(partial, { force: true }).catch(() => {});
      throw this.#described(error);
    }
  }

  async *get(key: string, { start = 0, end = Number.MAX_SAFE_INTEGER } = {}): AsyncGenerator<Uint8Array> {
    let file: FileHandle;
    try {
      file = await open(this.#pathOf(key));
    } catch (error) {
      throw isMissing(error) ? fileGone() : this.#described(error);
    }
    try {
      for (let at = start; at < end; ) {
        const length = Math.min(readBytes, end - at);
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
        if (bytesRead === 0) return;
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } catch (error) {
      throw this.#described(error);
    } finally {
      await file.close();
    }
  }

  async bytesOf(key: string): Promise<number | undefined> {
    try {
      const found = await stat(this.#pathOf(key));
      return found.isFile() ? found.size : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.#described(error);
    }
  }

  async delete(key: string): Promise<void> {
    const path = this.#pathOf(key);
    try {
      await rm(path, { force: true });
    } catch (error) {
      if (!isMissing(error)) throw this.#described(error);
    }
    // A folder that another file has is left; so is one that gets one meanwhile.
    await rmdir(dirname(path)).catch(() => {});
  }

  async *list(prefix: string): AsyncGenerator<string> {
    const slash = prefix.lastIndexOf("/") + 1;
    yield* this.#listFolder(prefix.slice(0, slash), prefix.slice(slash));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async *#listFolder(folder: string, start: string): AsyncGenerator<string> {
    try {
      for await (const entry of await opendir(join(this.#folder, folder))) {
        if (entry.name.startsWith(".") || !entry.name.startsWith(start)) continue;
        if (entry.isDirectory()) yield* this.#listFolder(`${folder}${entry.name}/`, "");
        else yield `${folder}${entry.name}`;
      }
    } catch (error) {
      if (!isMissing(error)) throw this.#described(error);
    }
  }

  #pathOf(key: string): string {
    return join(this.#folder, ...checkKey(key).split("/"));
  }

  /** Takes away, once, what killed processes have left half written. */
  async #sweep(): Promise<void> {
    if (this.#isSwept) return;
    this.#isSwept = true;
    const oldest = Date.now() - abandonedMs;
    for await (const { name } of await opendir(this.#partial)) {
      const path = join(this.#partial, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
      if (mtimeMs < oldest) await rm(path, { force: true });
    }
  }

  #described(error: unknown): unknown {
    if (error instanceof ServiceError || !(error instanceof Error) || !("syscall" in error)) return error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT") return noRoom(`in ${this.#folder}`, error);
    return storeLost(`cannot use its folder ${this.#folder} (${code})`, error);
  }
}

const isMissing = (error: unknown) =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");

async function writeDurably(path: string, chunks: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o640);
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      signal?.throwIfAborted();
      await file.writeFile(chunk);
      bytes += chunk.byteLength;
    }
    signal?.throwIfAborted();
    await file.sync();
  } finally {
    await file.close();
  }
  return bytes;
}

async function moveTo(path: string, partial: string): Promise<void> {
  for (let isRepeated = false; ; isRepeated = true) {
    await mkdir(dirname(path), { recursive: true });
    try {
      return await rename(partial, path);
    } catch (error) {
      // Whoever deleted its last file has taken the folder away in between.
      if (isRepeated || !isMissing(error)) throw error;
    }
  }
}

/** A file's name is in its folder for good only after this. Some file systems know no such thing. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => undefined);
  try {
    await folder?.sync();
  } catch {
    // As safe as it gets there.
  } finally {
    await folder?.close();
  }
}
