import { createHash } from "node:crypto";
import { invalidArgument } from "./errors.js";

const form = /^sha256:[0-9a-f]{64}$/;

export function imageIdOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** @throws ServiceError INVALID_ARGUMENT unless `id` is "sha256:" and 64 lower-case hex digits. */
export function checkImageId(id: string): string {
  if (form.test(id)) return id;
  throw invalidArgument(`An image_id is "sha256:" and 64 hex digits; "${id.slice(0, 80)}" is not.`);
}
