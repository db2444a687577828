import { z } from "zod";
import { isNotFound } from "../../runtime/errors.js";
import type { ImageInfo } from "../../stores/image-record.js";
import type { PictureRef } from "../../stores/image-store.js";
import type { FileStore } from "./file-store.js";
import { pictureKey, prefixesOfTenant } from "./keys.js";

/** What the file's name cannot say: the size of the picture, upright, so that nobody need open it to know. */
const card = z.object({ width: z.int().positive(), height: z.int().positive() });

/** Data sets' pictures as they came, by tenant and digest: each once, however many data sets of the tenant have it. */
export class PictureFiles {
  readonly #files: FileStore;

  constructor(files: FileStore) {
    this.#files = files;
  }

  /** Its file, then its size: only with both it is there. @throws as `FileStore.put`; INVALID_ARGUMENT when it is another picture. */
  async add(picture: PictureRef, chunks: Iterable<Uint8Array>, { width, height }: ImageInfo): Promise<void> {
    await this.#files.put(keyOf(picture), chunks, { sha256: picture.imageId.slice("sha256:".length) });
    await this.#files.put(cardKeyOf(picture), [Buffer.from(JSON.stringify({ width, height }))]);
  }

  /** Undefined when it is not there. @throws ServiceError UNAVAILABLE. */
  async describe(picture: PictureRef): Promise<ImageInfo | undefined> {
    try {
      const { success, data } = card.safeParse(JSON.parse((await this.#read(cardKeyOf(picture))).toString()));
      return success ? data : undefined;
    } catch (error) {
      if (isNotFound(error) || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** How many bytes its file has; undefined when it is not there. @throws ServiceError UNAVAILABLE. */
  bytesOf(picture: PictureRef): Promise<number | undefined> {
    return this.#files.bytesOf(keyOf(picture));
  }

  /** Its file. @throws ServiceError NOT_FOUND, before the first chunk; UNAVAILABLE. */
  open(picture: PictureRef): AsyncGenerator<Uint8Array> {
    return this.#files.get(keyOf(picture));
  }

  /** @throws ServiceError UNAVAILABLE: not all of it is certain to be gone. */
  async delete(picture: PictureRef): Promise<void> {
    await this.#files.delete(cardKeyOf(picture));
    await this.#files.delete(keyOf(picture));
  }

  /** All files of a tenant, those of imports and exports too. @throws as `delete`. */
  async deleteAll(tenant: string | undefined): Promise<void> {
    for (const prefix of prefixesOfTenant(tenant)) {
      for await (const key of this.#files.list(prefix)) await this.#files.delete(key);
    }
  }

  async #read(key: string): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#files.get(key)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
}

const keyOf = ({ tenant, imageId }: PictureRef) => pictureKey(tenant, imageId);
const cardKeyOf = (picture: PictureRef) => `${keyOf(picture)}.json`;
