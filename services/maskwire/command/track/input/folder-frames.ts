import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { CommandError, usageError } from "../../command-error.js";
import { readPhoto } from "../../photo-files.js";
import { type FrameFile, frameName, inOrder } from "./frame-list.js";

/** The pictures of a folder in the order of their names. @throws CommandError with the reason. */
export async function folderFrames(folder: string): Promise<FrameFile[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "there is no such folder" : error.message;
    throw new CommandError(
      `${folder} cannot be read: ${error.code === "ENOTDIR" ? "it is no folder" : why}.`,
      1,
      error,
    );
  });
  const frames = names.filter((name) => frameName.test(name)).sort(inOrder);
  if (frames.length > 0) return frames.map((name) => ({ name, read: () => readPhoto(join(folder, name)) }));
  throw usageError(`${folder} holds no pictures (JPEG, PNG, WebP, TIFF, AVIF, GIF), of which a video's frames are.`);
}
