import { mkdir } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import type { FrameMasks } from "../../../../../proto/index.js";
import { textBytes } from "../../../../dataset/formats/text/text-bytes.js";
import { writeResult } from "../../photo-files.js";
import type { FrameFile } from "../input/frame-list.js";
import { type Ffmpeg, findFfmpeg } from "../input/video/find-ffmpeg.js";
import { checkNumbers, isOneFile, type Layout } from "./layout-names.js";
import { cocoOf, frameFile } from "./layouts.js";
import { motsLines, motsPng } from "./mots.js";
import { checkVideoName, rateOf, writeOverlay } from "./overlay-video.js";
import type { MadeFile, Size } from "./tracked-frames.js";
import { youtubeVisOf } from "./youtube-vis.js";

interface Output {
  readonly layout: Layout;
  /** A folder, or the file. */
  readonly out: string;
  readonly ffmpeg: Ffmpeg | undefined;
}

/** What is wanted, before anything is done for it. @throws CommandError with what is missing, or wrong with it. */
export async function openOutput(out: string, layout: Layout, objects: readonly number[]): Promise<Output> {
  checkNumbers(layout, objects);
  if (layout !== "overlay") return { layout, out, ffmpeg: undefined };
  checkVideoName(out);
  const purpose = {
    what: "An overlay is a video, which ffmpeg writes, and that is not on the PATH.",
    without: "--layout rgba, or davis, for pictures.",
  };
  return { layout, out, ffmpeg: await findFfmpeg(process.env, purpose) };
}

interface Tracked {
  readonly files: readonly FrameFile[];
  /** Of the file at the same place. */
  readonly masks: readonly (FrameMasks | undefined)[];
  readonly size: Size;
}

/** Writes what was found. @throws CommandError with the reason. */
export async function writeMasks(tracked: Tracked, { out, layout, ffmpeg }: Output): Promise<void> {
  const { files, masks, size } = tracked;
  const frames = files.map(({ name }, at) => ({ name, masks: masks[at] }));
  await mkdir(isOneFile(layout) ? dirname(out) : out, { recursive: true });
  const put = async ({ path, data }: MadeFile) => {
    await mkdir(dirname(join(out, path)), { recursive: true });
    await writeResult(join(out, path), data);
  };
  switch (layout) {
    case "coco":
      await writeResult(out, `${cocoOf(frames, size)}\n`);
      return;
    case "youtube-vis":
      await writeResult(out, `${youtubeVisOf(frames, size)}\n`);
      return;
    case "mots": {
      for (const [at, one] of masks.entries()) await put(await motsPng(at, one, size));
      await writeResult(join(out, "instances.txt"), textBytes(motsText(masks, size)));
      return;
    }
    case "rgba": {
      // Loaded only here: it is native code, and most layouts do without.
      const { rgbaFrame } = await import("./painted-frames.js");
      for (const [at, { name, read }] of files.entries()) {
        const path = `${basename(name, extname(name))}.png`;
        await put({ path, data: await rgbaFrame(await read(), masks[at], size) });
      }
      return;
    }
    case "overlay": {
      if (ffmpeg)
        await writeOverlay(ffmpeg, out, overlaid(tracked), { ...size, fps: rateOf(files.map(({ timeMs }) => timeMs)) });
      return;
    }
    default:
      for (const { name, masks: one } of frames) await put(await frameFile(layout, name, one, size));
  }
}

function* motsText(masks: Tracked["masks"], size: Size): Generator<string> {
  for (const [at, one] of masks.entries()) yield motsLines(at, one, size);
}

async function* overlaid({ files, masks, size }: Tracked): AsyncGenerator<Uint8Array> {
  const { overlaidFrame } = await import("./painted-frames.js");
  for (const [at, { read }] of files.entries()) yield overlaidFrame(await read(), masks[at], size);
}
