import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { plainName } from "../formats/pictures/plain-name.js";
import type { Sink } from "../formats/types.js";

/** Files in a folder, each of which is there when it is whole. */
export class FolderSink implements Sink {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async write(path: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    const target = join(this.#folder, plainName(path));
    const partial = `${target}.part`;
    await mkdir(dirname(target), { recursive: true });
    // Opened first: a stream that fails before it has opened its file would make it after it has been taken away.
    const file = await open(partial, "w");
    try {
      await pipeline(Readable.from(content, { objectMode: false }), file.createWriteStream());
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    await rename(partial, target);
  }

  async finish(): Promise<void> {}
}
