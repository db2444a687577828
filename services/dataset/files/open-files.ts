import { join } from "node:path";
import type { FileStore } from "./file-store.js";
import { FolderFiles } from "./folder-files.js";
import type { ObjectStorePlace } from "./object-store-url.js";
import type { FilesSettings } from "./settings.js";

/** Where data sets' files are kept, as the settings say. Nothing is opened or made before the first file is asked for. */
export function openFiles({ objectStore, dataFolder }: FilesSettings): FileStore {
  return objectStore ? new LateFiles(() => openObjects(objectStore)) : new FolderFiles(join(dataFolder, "files"));
}

/** Its client is half a second's work to load, and megabytes. */
async function openObjects(place: ObjectStorePlace): Promise<FileStore> {
  const { S3Files } = await import("./s3-files.js");
  return new S3Files(place);
}

/** A store that is opened when it is asked for first. */
class LateFiles implements FileStore {
  readonly #open: () => Promise<FileStore>;
  #store: Promise<FileStore> | undefined;

  constructor(open: () => Promise<FileStore>) {
    this.#open = open;
  }

  async put(...given: Parameters<FileStore["put"]>): Promise<number> {
    return (await this.#opened()).put(...given);
  }

  async *get(...given: Parameters<FileStore["get"]>): AsyncGenerator<Uint8Array> {
    yield* (await this.#opened()).get(...given);
  }

  async bytesOf(key: string): Promise<number | undefined> {
    return (await this.#opened()).bytesOf(key);
  }

  async delete(key: string): Promise<void> {
    await (await this.#opened()).delete(key);
  }

  async *list(prefix: string): AsyncGenerator<string> {
    yield* (await this.#opened()).list(prefix);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#store)?.[Symbol.asyncDispose]();
  }

  #opened(): Promise<FileStore> {
    this.#store ??= this.#open();
    return this.#store;
  }
}
