import { open, readFile, stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import { formatHeadBytes, formatOf } from "../../../../runtime/offered-formats.js";
import { CommandError, usageError } from "../../command-error.js";
import { fileProblem } from "../../photo-files.js";
import { folderFrames } from "./folder-frames.js";
import type { FrameFile, FrameList, InputOptions } from "./frame-list.js";
import { FrameStore } from "./frame-store.js";
import { checkFrames, maxAnimationBytes } from "./limits.js";
import { zipFrames } from "./zip-frames.js";

/**
 * The frames of a folder or zip of pictures, an animated picture or a video file, told apart by what is in them.
 * @throws CommandError with the reason.
 */
export async function openFrames(input: string, options: InputOptions = {}): Promise<FrameList> {
  const kind = await kindOf(input);
  if (kind === "folder" || kind === "zip") {
    for (const [option, value] of [
      ["--fps", options.fps],
      ["--keep-frames", options.keep],
    ] as const) {
      if (value !== undefined)
        throw usageError(`${option} is for videos and animated pictures; ${input} has its frames as files.`);
    }
    const frames = kind === "zip" ? await zipFrames(input) : await folderFrames(input);
    checkFrames(frames.length, input);
    checkNames(frames, input);
    return { frames, [Symbol.asyncDispose]: async () => {} };
  }
  const store = await FrameStore.open(options.keep);
  try {
    await decode(input, kind, store, options);
    return store;
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

async function decode(
  input: string,
  kind: "picture" | "other",
  store: FrameStore,
  options: InputOptions,
): Promise<void> {
  if (kind === "picture") {
    const { countFrames, readAnimation } = await import("./animation-frames.js");
    const { size } = await stat(input);
    if (size > maxAnimationBytes)
      throw new CommandError(`${input} is over ${maxAnimationBytes / 2 ** 20} MiB: make a video of it.`);
    const bytes = await readFile(input);
    const count = await countFrames(bytes);
    if (count !== undefined && count > 1) return readAnimation(input, bytes, store, options);
    // The library opens no sequence of AVIF pictures; ffmpeg may.
    if (count === undefined && formatOf(bytes) !== "avif") throw new CommandError(`${input} is a damaged picture.`);
    if (count !== undefined) {
      throw usageError(`${input} is one picture, and a video has several: maskwire segment finds objects in one.`);
    }
  }
  const { readVideo } = await import("./video/video-frames.js");
  await readVideo(input, store, options);
}

/** Masks are called after frames, without their endings. */
function checkNames(frames: readonly FrameFile[], input: string): void {
  const taken = new Map<string, string>();
  for (const { name } of frames) {
    const stem = basename(name, extname(name));
    const other = taken.get(stem);
    if (other !== undefined) throw usageError(`${input} has ${other} and ${name}: masks of both would have one name.`);
    taken.set(stem, name);
  }
}

async function kindOf(input: string): Promise<"folder" | "zip" | "picture" | "other"> {
  try {
    const found = await stat(input);
    if (found.isDirectory()) return "folder";
    // Neither a pipe, which may never end, nor a device.
    if (!found.isFile()) throw usageError(`${input} is no file: save the video as one first.`);
    await using file = await open(input);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(formatHeadBytes), 0, formatHeadBytes, 0);
    const head = buffer.subarray(0, bytesRead);
    if (bytesRead === 0) throw usageError(`${input} is empty.`);
    if (head.subarray(0, 2).toString("latin1") === "PK") return "zip";
    return formatOf(head) ? "picture" : "other";
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${input} cannot be read: ${fileProblem(error)}.`, 1, error);
  }
}
