import { readFile, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { buffer } from "node:stream/consumers";
import { CommandError } from "./command-error.js";

/** @param path "-" is standard input. @throws CommandError with the reason. */
export async function readPhoto(path: string): Promise<Uint8Array> {
  try {
    return path === "-" ? await buffer(process.stdin) : await readFile(path);
  } catch (error) {
    throw new CommandError(
      `${path === "-" ? "Standard input" : path} cannot be read: ${fileProblem(error)}.`,
      1,
      error,
    );
  }
}

/** Told before the work and not after it. @throws CommandError when there is no such folder. */
export async function checkFolder(path: string): Promise<void> {
  const folder = await stat(dirname(path)).catch(() => undefined);
  if (!folder?.isDirectory()) throw new CommandError(`${path} cannot be written: there is no folder ${dirname(path)}.`);
}

/** @returns the path. @throws CommandError with the reason. */
export async function writeResult(
  path: string,
  data: Uint8Array | string | AsyncIterable<Uint8Array>,
): Promise<string> {
  try {
    await writeFile(path, data);
    return path;
  } catch (error) {
    throw new CommandError(`${path} cannot be written: ${fileProblem(error)}.`, 1, error);
  }
}

export function fileProblem(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EISDIR":
      return "it is a folder";
    case "EACCES":
    case "EPERM":
      return "permission is denied";
    case "ENOSPC":
      return "the disk is full";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
