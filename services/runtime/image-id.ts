import { createHash } from "node:crypto";
import { invalidArgument } from "./errors.js";
import { inSteps } from "./in-steps.js";

/** Tools differ in the case in which they print a digest. */
const form = /^sha256:[0-9a-f]{64}$/i;

export function imageIdOf(bytes: Uint8Array): string {
  return new ImageDigest().update(bytes).imageId();
}

/** As `imageIdOf`, without holding the event loop up for a large file. */
export async function imageIdInSteps(bytes: Uint8Array): Promise<string> {
  const digest = new ImageDigest();
  await inSteps(bytes, (part) => digest.update(part));
  return digest.imageId();
}

/** The id of a file that arrives in chunks: hashed one by one, nothing is left to do at the end. */
export class ImageDigest {
  readonly #hash = createHash("sha256");

  update(chunk: Uint8Array): this {
    this.#hash.update(chunk);
    return this;
  }

  /** Of all chunks; the last call. */
  imageId(): string {
    return `sha256:${this.#hash.digest("hex")}`;
  }
}

/** @returns it in lower case. @throws ServiceError INVALID_ARGUMENT unless `id` is "sha256:" and 64 hex digits. */
export function checkImageId(id: string): string {
  if (form.test(id)) return id.toLowerCase();
  throw invalidArgument(`An image_id is "sha256:" and 64 hex digits; "${id.slice(0, 80)}" is not.`);
}
