import { posix } from "node:path";
import { buffer } from "node:stream/consumers";
import { fileBytes } from "../../../../dataset/archive/file-bytes.js";
import { openZip } from "../../../../dataset/archive/zip-source.js";
import { Unreadable } from "../../../../dataset/formats/parse/unreadable.js";
import { CommandError, usageError } from "../../command-error.js";
import { type FrameFile, frameName, inOrder } from "./frame-list.js";
import { maxAnimationBytes } from "./limits.js";

/** The pictures of a zip in the order of their paths: each is unpacked when it is read. @throws CommandError with the reason. */
export async function zipFrames(path: string): Promise<FrameFile[]> {
  const { files, problems, open } = await told(path, async () => openZip(await fileBytes(path)));
  // A frame that is left out would give all behind it another number.
  const problem = problems.find(({ file }) => frameName.test(file));
  if (problem) throw new CommandError(`Not every frame of ${path} can be read. ${problem.file}: ${problem.reason}`);
  const pictures = files.filter((file) => frameName.test(file.path)).sort((a, b) => inOrder(a.path, b.path));
  if (pictures.length === 0) {
    throw usageError(`${path} holds no pictures (JPEG, PNG, WebP, TIFF, AVIF, GIF), of which a video's frames are.`);
  }
  const shared = sharedFolder(pictures.map((file) => file.path));
  return pictures.map((file) => ({
    name: file.path.slice(shared.length),
    read: () => {
      if (file.bytes > maxAnimationBytes) throw new CommandError(`${file.path} in ${path} is too large for a frame.`);
      return told(path, () => buffer(open(file.path)));
    },
  }));
}

/** The folder that all are in, which people zip rather than what is in it. */
function sharedFolder(paths: readonly string[]): string {
  let folder = posix.dirname(paths[0] ?? "");
  while (folder !== "." && paths.some((path) => !path.startsWith(`${folder}/`))) folder = posix.dirname(folder);
  return folder === "." ? "" : `${folder}/`;
}

async function told<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Unreadable) throw new CommandError(`${path} cannot be read: ${error.message}`, 1, error);
    throw error;
  }
}
