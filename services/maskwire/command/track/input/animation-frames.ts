import type { Metadata } from "sharp";
import { openImage, openPixels } from "../../../../encoder/images/sharp.js";
import { CommandError } from "../../command-error.js";
import type { InputOptions } from "./frame-list.js";
import type { FrameStore } from "./frame-store.js";
import { drawnFrames, resampled, resampledCount, timesOf } from "./frame-times.js";
import { checkDrawn, checkFrames, checkPixels } from "./limits.js";

/** Frames are decoded so many pixels at a time: each of a GIF's is drawn over the one before it, from the first on. */
const pixelsAtATime = 2 ** 24;
/** They are written once and read once. */
const png = { compressionLevel: 2 };

/** How many frames a picture's file has; undefined where it is none that is read. */
export async function countFrames(bytes: Uint8Array): Promise<number | undefined> {
  const header = await openImage(bytes, { pages: -1 })
    .metadata()
    .catch(() => undefined);
  return header && (header.pages ?? 1);
}

/** The frames of an animated GIF or WebP, without loss. @throws CommandError with the reason. */
export async function readAnimation(
  path: string,
  bytes: Uint8Array,
  store: FrameStore,
  { fps, upTo, onFrame }: Pick<InputOptions, "fps" | "upTo" | "onFrame">,
): Promise<void> {
  const header: Metadata = await openImage(bytes, { pages: -1 }).metadata();
  const { width, pages = 1, pageHeight = header.height, delay = [] } = header;
  checkPixels(width, pageHeight, path);
  const { times, endMs } = timesOf(delay, pages);
  const all = fps === undefined ? pages : resampledCount(endMs, fps);
  const count = Math.min(all, (upTo ?? Number.POSITIVE_INFINITY) + 1);
  checkFrames(count, path);
  const wanted =
    fps === undefined
      ? times.slice(0, count).map((timeMs, frame) => ({ frame, timeMs }))
      : resampled(times, fps, count);
  const together = Math.max(1, Math.floor(pixelsAtATime / (width * pageHeight)));
  const drawn = drawnFrames(
    wanted.map(({ frame }) => frame),
    together,
  );
  checkDrawn(drawn * width * pageHeight, path);
  let first = 0;
  let strip: Buffer | undefined;
  for (const { frame, timeMs } of wanted) {
    if (strip === undefined || frame >= first + together) {
      first = frame;
      strip = await openImage(bytes, { page: first, pages: Math.min(together, pages - first) })
        .ensureAlpha()
        .toColourspace("srgb")
        .raw({ depth: "uchar" })
        .toBuffer()
        .catch((cause: unknown) => {
          throw new CommandError(`${path} is damaged from its frame ${first} on.`, 1, cause);
        });
    }
    const pageBytes = width * pageHeight * 4;
    const pixels = strip.subarray((frame - first) * pageBytes, (frame - first + 1) * pageBytes);
    const picture = openPixels(pixels, width, pageHeight, 4).flatten({ background: "#fff" });
    await store.add(await picture.png(png).toBuffer(), "png", timeMs);
    onFrame?.(store.frames.length, wanted.length);
  }
}
