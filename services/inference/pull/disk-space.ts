import { statfs } from "node:fs/promises";
import { PullError } from "./pull-error.js";

/** What a disk keeps free for others. */
const sparedBytes = 64 * 1024 * 1024;

/** @param folder that is there. @throws PullError when so many bytes more do not fit on its disk. */
export async function checkSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (bytes + sparedBytes <= free) return;
  throw new PullError(
    `The disk of ${folder} has ${megabytes(free)} free; ${megabytes(bytes)} and ${megabytes(sparedBytes)} to spare are needed. ` +
      "Make room, or name another folder by MASKWIRE_MODELS_DIR.",
  );
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
