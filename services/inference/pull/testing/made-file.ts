import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { randomNumbers } from "../../../../proto/testing/random-numbers.js";

/** Bytes that no compression makes less. */
export function madeBytes(length: number, seed = 1): Uint8Array {
  const random = randomNumbers(seed);
  return Uint8Array.from({ length }, () => Math.floor(256 * random()));
}

/** What a manifest says of a file. */
export const fileOf = (source: string, bytes: Uint8Array) => ({
  source,
  sha256: createHash("sha256").update(bytes).digest("hex"),
  bytes: bytes.length,
});

/** Every file below a folder, with its size. */
export function filesIn(folder: string): Record<string, number> {
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" }).map(
    (path) => [path, statSync(join(folder, path))] as const,
  );
  return Object.fromEntries(entries.filter(([, found]) => found.isFile()).map(([path, { size }]) => [path, size]));
}
