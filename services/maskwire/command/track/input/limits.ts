import { maxFrames } from "../../../../../proto/index.js";
import { CommandError } from "../../command-error.js";

/** A frame of 8K, which takes 100 MiB as it is decoded. */
export const maxFramePixels = 8192 * 4320;
/** Of a video file, which is read as it is decoded. */
export const maxVideoBytes = 64 * 2 ** 30;
/** Of an animated picture, which is read whole. */
export const maxAnimationBytes = 256 * 2 ** 20;
/** Of an animated picture, whose frames are each drawn over those before, from the first on, again and again. */
const maxDrawnPixels = 2 ** 38;
/** What a disk must have left while frames are written to it. */
export const minFreeBytes = 512 * 2 ** 20;

/** @throws CommandError for more frames than a video can have. */
export function checkFrames(count: number, what: string): void {
  if (count <= maxFrames) return;
  throw new CommandError(
    `${what} has about ${count} frames, and ${maxFrames} can be followed: say how far by --last, take fewer of them a second by --fps, or divide it.`,
  );
}

/** @throws CommandError for frames that are too large. */
export function checkPixels(width: number, height: number, what: string): void {
  if (width * height <= maxFramePixels) return;
  throw new CommandError(
    `${what} has frames of ${width} x ${height} pixels; at most ${maxFramePixels} pixels (8192 x 4320) are followed: make them smaller.`,
  );
}

/** @throws CommandError for an animated picture that would be drawn for hours. */
export function checkDrawn(pixels: number, what: string): void {
  if (pixels <= maxDrawnPixels) return;
  throw new CommandError(
    `${what} is an animated picture of too many frames for their size, as each is drawn over all before it: make a video of it (ffmpeg -i), say how far by --last, or make it smaller.`,
  );
}
