import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { maxFrames } from "../../../../../../proto/index.js";
import { openPixels } from "../../../../../encoder/images/sharp.js";
import { CommandError } from "../../../command-error.js";
import type { InputOptions } from "../frame-list.js";
import type { FrameStore } from "../frame-store.js";
import { checkFrames, checkPixels, maxFramePixels, maxVideoBytes } from "../limits.js";
import { findFfmpeg } from "./find-ffmpeg.js";
import { probeVideo } from "./probe-video.js";
import { VideoReader } from "./read-video.js";

/** What a model sees of it, it sees of the frame before compression: colours at full resolution, hardly a trace of blocks. */
const jpeg = { quality: 95, chromaSubsampling: "4:4:4" } as const;

/** The frames of a video file. @throws CommandError with the reason, before a frame is decoded where the file says so much. */
export async function readVideo(
  path: string,
  store: FrameStore,
  { fps, upTo = Number.POSITIVE_INFINITY, onFrame }: Pick<InputOptions, "fps" | "upTo" | "onFrame">,
): Promise<void> {
  const ffmpeg = await findFfmpeg(process.env);
  if ((await stat(path)).size > maxVideoBytes) {
    throw new CommandError(`${path} is over ${maxVideoBytes / 2 ** 30} GiB: cut out the part with the objects.`);
  }
  const facts = await probeVideo(ffmpeg, resolve(path));
  checkPixels(facts.width, facts.height, path);
  if (facts.storedPixels > maxFramePixels) checkPixels(facts.storedPixels, 1, path);
  const all = fps !== undefined && facts.seconds !== undefined ? Math.ceil(facts.seconds * fps) : facts.frames;
  const expected = all === undefined ? undefined : Math.min(all, upTo + 1);
  checkFrames(expected ?? 0, path);
  // One more tells a video that goes on.
  await using reader = new VideoReader(ffmpeg, resolve(path), facts, { fps, most: Math.min(upTo, maxFrames) + 1 });
  const { width, height } = facts;
  for await (const pixels of reader.frames()) {
    checkFrames(store.frames.length + 1, path);
    await store.add(await openPixels(pixels, width, height, 3).jpeg(jpeg).toBuffer(), "jpg");
    onFrame?.(store.frames.length, expected);
  }
  if (store.frames.length === 0) throw new CommandError(`${path} has no frame that can be decoded.`);
  store.setTimes(reader.times.fromFirst);
}
