import { createHash } from "node:crypto";
import { invalidArgument } from "../../runtime/errors.js";

/** Files by key, for good: a hard dependency of data sets, where the cache is a soft one. */
export interface FileStore extends AsyncDisposable {
  /**
   * Keeps all of it, or nothing: a reader finds the file that was there before, or this one whole.
   * @param sha256 in hex, that its bytes must have. @returns how many there were.
   * @throws ServiceError INVALID_ARGUMENT when they have another; RESOURCE_EXHAUSTED when there is no room; UNAVAILABLE
   *   when the store cannot be asked; what the chunks throw.
   */
  put(key: string, chunks: Chunks, options?: { sha256?: string; signal?: AbortSignal }): Promise<number>;
  /**
   * Its bytes from `start` to before `end`; all of them without either.
   * @throws ServiceError NOT_FOUND, before the first chunk; UNAVAILABLE.
   */
  get(key: string, range?: { start?: number; end?: number }): AsyncGenerator<Uint8Array>;
  /** How large it is; undefined when it is not there. @throws ServiceError UNAVAILABLE. */
  bytesOf(key: string): Promise<number | undefined>;
  /** One that is not there is no error. @throws ServiceError UNAVAILABLE. */
  delete(key: string): Promise<void>;
  /** Keys that begin so, in any order. @throws ServiceError UNAVAILABLE. */
  list(prefix: string): AsyncGenerator<string>;
}

export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Segments of letters, digits and a few signs that mean nothing to a file system or a URL; none begins with a dot. */
const keyForm = /^[a-z0-9_=-][\w.=-]*(\/[a-z0-9_=-][\w.=-]*)*$/i;

/** @throws Error for what is no key: all of them are made here. */
export function checkKey(key: string): string {
  if (key.length > 500 || !keyForm.test(key)) throw new Error(`not a file's key: ${key}`);
  return key;
}

/** The chunks as they are, and at their end the error when their digest is another. */
export async function* checked(chunks: Chunks, sha256: string | undefined): AsyncGenerator<Uint8Array> {
  if (sha256 === undefined) return yield* chunks;
  const hash = createHash("sha256");
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest("hex") !== sha256.toLowerCase()) {
    throw invalidArgument(
      "The file that came is not the one that was announced: its SHA-256 is another. Send it again.",
    );
  }
}
