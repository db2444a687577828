import type { FrameMasks } from "../../../../../proto/index.js";
import { vocColour } from "../../../../dataset/formats/png/voc-colours.js";
import { noLimits, openPicture } from "../../../../encoder/images/open-picture.js";
import { openPixels } from "../../../../encoder/images/sharp.js";
import { CommandError } from "../../command-error.js";
import { objectIndices } from "./object-indices.js";
import type { Size } from "./tracked-frames.js";

/** How much of an object's colour lies over it; its edge is all of it. */
const share = 0.45;

/** The upright frame as PNG whose alpha is 255 on objects and 0 elsewhere, where nothing of it is left. */
export async function rgbaFrame(file: Uint8Array, masks: FrameMasks | undefined, size: Size): Promise<Uint8Array> {
  const data = await pixelsOf(file, size);
  const indices = objectIndices(masks, size);
  const painted = new Uint8Array(4 * indices.length);
  for (const [at, object] of indices.entries()) {
    if (object === 0) continue;
    painted.set(data.subarray(3 * at, 3 * at + 3), 4 * at);
    painted[4 * at + 3] = 255;
  }
  return openPixels(painted, size.width, size.height, 4).png().toBuffer();
}

/** The upright frame with its objects in their colours. @returns interleaved RGB. */
export async function overlaidFrame(file: Uint8Array, masks: FrameMasks | undefined, size: Size): Promise<Uint8Array> {
  const data = await pixelsOf(file, size);
  paintObjects(data, objectIndices(masks, size), size.width);
  return data;
}

/** @param rgb is painted into. @param indices of the objects, row by row. */
export function paintObjects(rgb: Uint8Array, indices: Uint16Array, width: number): void {
  for (const [at, object] of indices.entries()) {
    if (object === 0) continue;
    const x = at % width;
    const isEdge =
      (x > 0 && indices[at - 1] !== object) ||
      (x < width - 1 && indices[at + 1] !== object) ||
      (at >= width && indices[at - width] !== object) ||
      (at + width < indices.length && indices[at + width] !== object);
    const [colour, part] = [vocColour(object & 255), isEdge ? 1 : share];
    for (let channel = 0; channel < 3; channel++) {
      const value = (colour >> (16 - 8 * channel)) & 255;
      rgb[3 * at + channel] = Math.round(part * value + (1 - part) * rgb[3 * at + channel]!);
    }
  }
}

async function pixelsOf(file: Uint8Array, { width, height }: Size): Promise<Uint8Array> {
  const picture = await openPicture(file, noLimits);
  const pixels = await picture.pixels();
  if (pixels.width !== width || pixels.height !== height) {
    throw new CommandError(`A frame is ${pixels.width} x ${pixels.height} and the video ${width} x ${height}.`);
  }
  if (pixels.channels === 3) return pixels.data;
  return Uint8Array.from({ length: 3 * width * height }, (_, at) => pixels.data[Math.floor(at / 3) * pixels.channels]!);
}
