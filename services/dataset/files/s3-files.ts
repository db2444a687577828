import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { Code, ServiceError } from "../../runtime/errors.js";
import { type Chunks, checked, checkKey, type FileStore } from "./file-store.js";
import type { ObjectStorePlace } from "./object-store-url.js";
import { describeS3, isMissingObject, openS3 } from "./s3-connection.js";

/** A file that is larger goes in parts: of this size, so many on their way at once, at most 10,000 in all. */
const partBytes = 16 * 1024 * 1024;
const partsAtOnce = 2;
/** Of a file whose connection breaks off while it is read. */
const mostReads = 4;

/** Files in an object store. */
export class S3Files implements FileStore {
  readonly #place: ObjectStorePlace;
  readonly #client: S3Client;

  constructor(place: ObjectStorePlace) {
    this.#place = place;
    this.#client = openS3(place);
  }

  /** In one request or in parts: what does not come to its end is not there. */
  async put(
    key: string,
    chunks: Chunks,
    { sha256, signal }: { sha256?: string; signal?: AbortSignal } = {},
  ): Promise<number> {
    let bytes = 0;
    let broken: { by: unknown } | undefined;
    async function* counted() {
      try {
        for await (const chunk of checked(chunks, sha256)) {
          signal?.throwIfAborted();
          bytes += chunk.byteLength;
          yield chunk;
        }
      } catch (error) {
        broken = { by: error };
        throw error;
      }
    }
    const upload = new Upload({
      client: this.#client,
      params: { ...this.#at(key), Body: Readable.from(counted()) },
      partSize: partBytes,
      queueSize: partsAtOnce,
    });
    const abort = () => void upload.abort();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await upload.done();
      return bytes;
    } catch (error) {
      signal?.throwIfAborted();
      // Not what became of taking its parts away again.
      throw this.#described(broken ? broken.by : error);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Goes on where it was when the connection breaks off. */
  async *get(key: string, { start = 0, end = Number.MAX_SAFE_INTEGER } = {}): AsyncGenerator<Uint8Array> {
    let at = start;
    for (let reads = 1; at < end; reads++) {
      try {
        for await (const chunk of await this.#open(key, at, end)) {
          at += chunk.byteLength;
          yield chunk;
        }
        return;
      } catch (error) {
        const fault = this.#described(error);
        if (reads === mostReads || at === start || !isLost(fault)) throw fault;
      }
    }
  }

  async bytesOf(key: string): Promise<number | undefined> {
    try {
      return (await this.#client.send(new HeadObjectCommand(this.#at(key)))).ContentLength;
    } catch (error) {
      if (isMissingObject(error)) return undefined;
      throw this.#described(error);
    }
  }

  async delete(key: string): Promise<void> {
    try {
      await this.#client.send(new DeleteObjectCommand(this.#at(key)));
    } catch (error) {
      if (!isMissingObject(error)) throw this.#described(error);
    }
  }

  async *list(prefix: string): AsyncGenerator<string> {
    const { bucket: Bucket, prefix: ours } = this.#place;
    for (let token: string | undefined; ; ) {
      const asked = { Bucket, Prefix: ours + prefix, ...(token !== undefined && { ContinuationToken: token }) };
      const page = await this.#client.send(new ListObjectsV2Command(asked)).catch((error) => {
        throw this.#described(error);
      });
      for (const { Key = "" } of page.Contents ?? []) yield Key.slice(ours.length);
      token = page.NextContinuationToken;
      if (!page.IsTruncated || token === undefined) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
  }

  async #open(key: string, start: number, end: number): Promise<AsyncIterable<Uint8Array>> {
    const isWhole = start === 0 && end === Number.MAX_SAFE_INTEGER;
    const last = end === Number.MAX_SAFE_INTEGER ? "" : end - 1;
    try {
      const { Body } = await this.#client.send(
        new GetObjectCommand({ ...this.#at(key), ...(!isWhole && { Range: `bytes=${start}-${last}` }) }),
      );
      return (Body ?? []) as AsyncIterable<Uint8Array>;
    } catch (error) {
      // Nothing is left from there on.
      if (error instanceof Error && error.name === "InvalidRange") return Readable.from([]);
      throw error;
    }
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#place.bucket, Key: this.#place.prefix + checkKey(key) };
  }

  #described(error: unknown): unknown {
    return describeS3(error, this.#place.bucket);
  }
}

const isLost = (error: unknown) => error instanceof ServiceError && error.code === Code.UNAVAILABLE;
