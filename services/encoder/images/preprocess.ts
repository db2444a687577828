import type { ModelSpec, Preprocess } from "../../inference/models/manifest.js";
import { type Frame, frameFor } from "../../sam/frame.js";
import type { Region } from "../../sam/region.js";
import type { Sides } from "./encoded-frame.js";
import { enlarge } from "./enlarge.js";
import type { Picture, Pixels } from "./open-picture.js";
import { RowsOfPlanes } from "./rows-of-planes.js";

/** What of a model's rules says how large a picture becomes. */
export type FrameRules = Pick<Preprocess, "size" | "resize">;

/** The frame of a picture, or of a part of it. */
function frameOf(picture: { width: number; height: number }, { size, resize }: FrameRules, crop?: Region): Frame {
  const { width, height } = crop ?? picture;
  return frameFor(width, height, { modelSize: size, resize });
}

/**
 * A picture's pixels in the size that they have in the model's frame: upright, sRGB, transparency over white, as Meta's
 * `ResizeLongestSide.apply_image`.
 * @param crop a part of the upright picture; all of it when left out.
 * @throws ServiceError as `Picture.pixels` does.
 */
export async function fitPixels(picture: Picture, rules: FrameRules, crop?: Region): Promise<Pixels> {
  const { contentWidth, contentHeight, pictureWidth, pictureHeight } = frameOf(picture, rules, crop);
  // sharp only ever shrinks here; see `enlarge` for why.
  const size = { width: Math.min(contentWidth, pictureWidth), height: Math.min(contentHeight, pictureHeight) };
  const pixels = await picture.pixels({ crop, size });
  if (size.width === contentWidth && size.height === contentHeight) return pixels;
  const content = { width: contentWidth, height: contentHeight };
  return { ...pixels, data: enlarge(pixels.data, pixels.channels, size, content), ...content };
}

/**
 * Interleaved RGB bytes of the frame's content -> planar, normalised, padded with zeros on the right and at the bottom, as
 * Meta's `Sam.preprocess`.
 * @param frame sides of what is padded to, no smaller than the content.
 * @param memory where it is written: to touch as much new memory takes longer than all of the arithmetic.
 * @returns float32, shape [1, 3, frame.height, frame.width], the first part of `memory`.
 */
export function normalise(
  { data, width, height, channels }: Pixels,
  { mean, std }: Pick<Preprocess, "mean" | "std">,
  frame: Sides,
  memory: Float32Array,
): Float32Array {
  const area = frame.height * frame.width;
  const planes = memory.subarray(0, 3 * area);
  const [red, green, blue] = [0, 1, 2].map((channel) =>
    planes.subarray(channel * area, (channel + 1) * area),
  ) as Triple;
  const scales = std.map((one) => 1 / one) as [number, number, number];
  const shifts = scales.map((scale, channel) => -mean[channel]! * scale) as [number, number, number];
  const rows = new RowsOfPlanes({ data, channels }, { red, green, blue }, scales, shifts);
  for (let y = 0; y < height; y++) {
    const row = y * frame.width;
    rows.write(y * width, row, row + width);
    for (const plane of [red, green, blue]) plane.fill(0, row + width, row + frame.width);
  }
  for (const plane of [red, green, blue]) plane.fill(0, height * frame.width);
  return planes;
}

/**
 * Interleaved RGB bytes of the frame's content -> the same as float32, normalised, without padding.
 * @param memory where it is written. @returns shape [height, width, 3], the first part of `memory`.
 */
function interleave(
  { data, width, height, channels }: Pixels,
  { mean, std }: Pick<Preprocess, "mean" | "std">,
  memory: Float32Array,
): Float32Array {
  const count = width * height;
  for (let at = 0, from = 0, to = 0; at < count; at++, from += channels) {
    for (let channel = 0; channel < 3; channel++) {
      memory[to++] = (data[from + channel]! - mean[channel]!) / std[channel]!;
    }
  }
  return memory.subarray(0, 3 * count);
}

/**
 * The frame's content as a model's encoder takes it.
 * @param frame sides of what is encoded. @param memory as many values as the whole frame has.
 */
export function modelInput(
  pixels: Pixels,
  { encoder, preprocess }: { encoder: Pick<ModelSpec["encoder"], "layout">; preprocess: Preprocess },
  frame: Sides,
  memory: Float32Array,
): Float32Array {
  return encoder.layout === "planes"
    ? normalise(pixels, preprocess, frame, memory)
    : interleave(pixels, preprocess, memory);
}

type Triple = [Float32Array, Float32Array, Float32Array];
