import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { Code } from "../../runtime/errors.js";
import { formatOf } from "../../runtime/offered-formats.js";
import { type ImageLimits, openPicture } from "./open-picture.js";

const limits: ImageLimits = { maxImageBytes: 1_000_000, maxImagePixels: 10_000 };
/** The upright size, by the header alone. */
async function inspectImage(bytes: Uint8Array, within: ImageLimits) {
  const { width, height } = await openPicture(bytes, within);
  return { width, height };
}
const blank = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#808080" } });

describe("formats by their first bytes", () => {
  it.each(["jpeg", "png", "webp", "tiff", "gif", "avif"] as const)("offers %s", async (format) => {
    const file = await blank(12, 7).toFormat(format).toBuffer();
    expect(formatOf(file)).toBe(format);
    expect(await inspectImage(file, limits)).toEqual({ width: 12, height: 7 });
  });

  it.each([
    ["a big-endian TIFF", [0x4d, 0x4d, 0, 0x2a], "tiff"],
    ["SVG", [...Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>")], undefined],
    ["PDF", [...Buffer.from("%PDF-1.7")], undefined],
    ["HEIC", [0, 0, 0, 24, ...Buffer.from("ftypheic")], undefined],
    ["RIFF that is not WebP", [...Buffer.from("RIFF\0\0\0\0WAVE")], undefined],
    ["one byte", [0xff], undefined],
  ])("knows %s", async (_name, bytes, format) => {
    const file = Uint8Array.from(bytes);
    expect(formatOf(file)).toBe(format);
    if (format) return;
    await expect(inspectImage(file, limits)).rejects.toMatchObject({
      code: Code.INVALID_ARGUMENT,
      reason: "UNSUPPORTED_IMAGE",
    });
  });
});

describe("limits hold before anything is decoded", () => {
  it("takes the largest picture and refuses one row more", async () => {
    expect(await inspectImage(await blank(100, 100).png().toBuffer(), limits)).toEqual({ width: 100, height: 100 });
    await expect(inspectImage(await blank(100, 101).png().toBuffer(), limits)).rejects.toMatchObject({
      code: Code.RESOURCE_EXHAUSTED,
      reason: "IMAGE_TOO_LARGE",
      message: expect.stringContaining("100 x 101 pixels; at most 10000"),
    });
  });

  it("refuses a header that promises too much although its pixels are missing", async () => {
    const file = await blank(5000, 5000).png().toBuffer();
    // The header is whole, the pixels are not: decoding it would be another error.
    await expect(inspectImage(file.subarray(0, 2000), limits)).rejects.toMatchObject({ reason: "IMAGE_TOO_LARGE" });
  });

  it("refuses too many bytes whatever they are", async () => {
    const bytes = new Uint8Array(11);
    await expect(inspectImage(bytes, { ...limits, maxImageBytes: 10 })).rejects.toMatchObject({
      reason: "IMAGE_TOO_LARGE",
    });
    await expect(inspectImage(bytes, { ...limits, maxImageBytes: 11 })).rejects.toMatchObject({
      reason: "UNSUPPORTED_IMAGE",
    });
  });
});

it.each([1, 2, 3, 4, 5, 6, 7, 8])("gives the upright size under EXIF orientation %i", async (orientation) => {
  const file = await blank(12, 7).withMetadata({ orientation }).jpeg().toBuffer();
  const upright = orientation >= 5 ? { width: 7, height: 12 } : { width: 12, height: 7 };
  expect(await inspectImage(file, limits)).toEqual(upright);
});

it.each([
  ["an empty file", new Uint8Array(0)],
  ["a header that is cut short", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0)],
  ["a JPEG marker and nothing else", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)],
])("calls %s damaged", async (_name, bytes) => {
  await expect(inspectImage(bytes, limits)).rejects.toMatchObject({
    code: Code.INVALID_ARGUMENT,
    reason: "DAMAGED_IMAGE",
  });
});

it("counts one page of a moving picture", async () => {
  const frames = Buffer.alloc(3 * 10 * 30, 90);
  for (let index = 0; index < frames.length; index += 7) frames[index] = index % 256;
  const file = await sharp(frames, { raw: { width: 10, height: 30, channels: 3, pageHeight: 10 } })
    .gif()
    .toBuffer();
  expect((await sharp(file, { animated: true }).metadata()).pages).toBe(3);
  expect(await inspectImage(file, { ...limits, maxImagePixels: 100 })).toEqual({ width: 10, height: 10 });
});
