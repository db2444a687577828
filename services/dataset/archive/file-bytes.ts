import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { RandomAccess } from "./zip-source.js";

/** A file of this machine. */
export async function fileBytes(path: string): Promise<RandomAccess> {
  const { size } = await stat(path);
  return {
    bytes: size,
    read: (start, end) => (end > start ? createReadStream(path, { start, end: end - 1 }) : none()),
  };
}

async function* none(): AsyncGenerator<Uint8Array> {}
