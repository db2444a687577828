import sharp from "sharp";
import { expect, it } from "vitest";
import { bitmapToRle } from "../../../proto/index.js";
import { encodePng } from "./encode-png.js";

it.each([
  [37, 23],
  [1, 1],
  [5, 400],
])("is the mask as 8-bit greyscale, %i x %i", async (width, height) => {
  const bitmap = Uint8Array.from({ length: width * height }, (_, at) => (at % 7 < 3 ? 1 : 0));
  const png = await encodePng(bitmapToRle(bitmap, width, height));
  const image = sharp(png);
  expect(await image.metadata()).toMatchObject({ format: "png", width, height, channels: 1, depth: "uchar" });
  // Bytes 24 and 25 of a PNG: bit depth, and colour type 0 for greyscale.
  expect([png[24], png[25]]).toEqual([8, 0]);
  const pixels = await image.toColourspace("b-w").raw().toBuffer();
  expect(pixels).toEqual(Buffer.from(bitmap.map((value) => value * 255)));
});

it("writes masks without foreground and without background", async () => {
  for (const value of [0, 255]) {
    const png = await encodePng(bitmapToRle(new Uint8Array(64).fill(value), 8, 8));
    const pixels = await sharp(png).toColourspace("b-w").raw().toBuffer();
    expect(pixels.every((pixel) => pixel === value)).toBe(true);
    expect([png[24], png[25]]).toEqual([8, 0]);
  }
});

it("refuses runs that do not fit", async () => {
  await expect(encodePng({ height: 2, width: 2, runs: Uint32Array.of(3) })).rejects.toThrow(RangeError);
});
