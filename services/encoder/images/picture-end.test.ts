import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { type Format, formatOf } from "../../runtime/offered-formats.js";
import { noLimits, openPicture } from "./open-picture.js";
import { pictureEnd } from "./picture-end.js";
import { tiffFile } from "./testing/tiff-files.js";

const MiB = 1024 * 1024;
const scene = () =>
  sharp({
    create: {
      width: 60,
      height: 40,
      channels: 3,
      background: "#000",
      noise: { type: "gaussian", mean: 128, sigma: 60 },
    },
  });

async function files(): Promise<[name: string, format: Format, bytes: Buffer][]> {
  const frames = await scene().resize(20, 40, { fit: "fill" }).raw().toBuffer();
  const moving = () => sharp(frames, { raw: { width: 20, height: 40, channels: 3, pageHeight: 20 } });
  return [
    ["JPEG", "jpeg", await scene().jpeg().toBuffer()],
    ["progressive JPEG", "jpeg", await scene().jpeg({ progressive: true }).toBuffer()],
    ["JPEG with EXIF and a profile", "jpeg", await scene().withMetadata({ orientation: 6 }).jpeg().toBuffer()],
    ["PNG", "png", await scene().png().toBuffer()],
    ["GIF", "gif", await scene().gif().toBuffer()],
    ["moving GIF", "gif", await moving().gif().toBuffer()],
    ["WebP", "webp", await scene().webp().toBuffer()],
    ["WebP without loss", "webp", await scene().webp({ lossless: true }).toBuffer()],
    ["moving WebP", "webp", await moving().webp().toBuffer()],
    ["AVIF", "avif", await scene().avif({ effort: 0 }).toBuffer()],
  ];
}

describe.each(await files())("%s", (_name, format, bytes) => {
  it("ends where its file ends, whatever follows", () => {
    expect(pictureEnd(bytes, format)).toBe(bytes.length);
    expect(pictureEnd(Buffer.concat([bytes, Buffer.alloc(1000, 0xd9)]), format)).toBe(bytes.length);
  });

  it("has no end when it is cut short, at any byte", () => {
    for (let length = 16; length < bytes.length; length += Math.ceil(bytes.length / 97)) {
      const end = pictureEnd(bytes.subarray(0, length), format);
      expect(end === undefined || end <= length).toBe(true);
      if (format !== "avif") expect(end).toBeUndefined();
    }
  });

  it("is taken with the video that a phone appends, and refused with ballast", async () => {
    const video = Buffer.concat([bytes, Buffer.alloc(12 * MiB, 7)]);
    expect(await openPicture(video, noLimits)).toMatchObject({ reading: { page: 1 } });
    await expect(openPicture(Buffer.concat([bytes, Buffer.alloc(17 * MiB)]), noLimits)).rejects.toMatchObject({
      reason: "IMAGE_TOO_LARGE",
      message: `After the picture of ${bytes.length} bytes the file goes on for ${17 * MiB}; at most ${16 * MiB} are taken. Save the picture again without them.`,
    });
  });
});

it("an AVIF's ballast may call itself a box", async () => {
  const avif = await scene().avif({ effort: 0 }).toBuffer();
  const head = Buffer.from([0, 0, 0, 0, ...Buffer.from("free")]);
  head.writeUInt32BE(17 * MiB + 8);
  const file = Buffer.concat([avif, head, Buffer.alloc(17 * MiB)]);
  expect(pictureEnd(file, "avif")).toBe(avif.length);
  await expect(openPicture(file, noLimits)).rejects.toMatchObject({ reason: "IMAGE_TOO_LARGE" });
});

describe("every signature and brand of each format", () => {
  const avif = async (major: string, compatible: string[]) => {
    const file = await scene().avif({ effort: 0 }).toBuffer();
    const ftyp = Buffer.from([
      0,
      0,
      0,
      16 + 4 * compatible.length,
      ...Buffer.from(`ftyp${major}\0\0\0\0${compatible.join("")}`),
    ]);
    // The same length as before, so that every offset in the file still holds.
    const had = file.readUInt32BE(0);
    expect(ftyp.length).toBeLessThanOrEqual(had);
    const padded = Buffer.concat([ftyp, Buffer.alloc(had - ftyp.length)]);
    padded.writeUInt32BE(had, 0);
    for (let at = ftyp.length; at < had; at += 4) padded.write("mif1", at, "latin1");
    return Buffer.concat([padded, file.subarray(had)]);
  };
  const tiff = (isBig: boolean, order: "II" | "MM") =>
    tiffFile([{ width: 4, height: 4, samples: Array(16).fill(9), samplesPerPixel: 1, bits: 8, photometric: 1 }], {
      isBig,
      order,
    });
  const gif87 = async () => {
    const file = await scene().gif().toBuffer();
    file.write("GIF87a", 0, "latin1");
    return file;
  };
  /** The loader gets to see it, and reads it: the sniffer is no narrower than the decoder. */
  it.each([
    ["JPEG with JFIF", "jpeg", scene().jpeg().toBuffer()],
    ["JPEG with EXIF first", "jpeg", scene().withMetadata({ orientation: 3 }).jpeg().toBuffer()],
    ["PNG", "png", scene().png().toBuffer()],
    ["WebP VP8", "webp", scene().webp().toBuffer()],
    ["WebP VP8L", "webp", scene().webp({ lossless: true }).toBuffer()],
    ["WebP VP8X", "webp", scene().ensureAlpha(0.5).webp().toBuffer()],
    ["GIF89a", "gif", scene().gif().toBuffer()],
    ["GIF87a", "gif", gif87()],
    ["TIFF II", "tiff", Promise.resolve(tiff(false, "II"))],
    ["TIFF MM", "tiff", Promise.resolve(tiff(false, "MM"))],
    ["BigTIFF II", "tiff", Promise.resolve(tiff(true, "II"))],
    ["BigTIFF MM", "tiff", Promise.resolve(tiff(true, "MM"))],
    ["AVIF", "avif", avif("avif", ["mif1"])],
    ["AVIF that is first of all a HEIF", "avif", avif("mif1", ["avif"])],
    ["AVIF by its last brand", "avif", avif("mif1", ["miaf", "avif"])],
  ] as [string, Format, Promise<Buffer>][])("%s", async (_name, format, made) => {
    const file = await made;
    expect(formatOf(file)).toBe(format);
    const picture = await openPicture(file, noLimits);
    expect((await picture.pixels()).channels).toBe(3);
  });

  it.each([
    ["HEIC", Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1")],
    ["HEIC", Buffer.from("\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "latin1")],
    ["BMP", Buffer.from("BM\x40\0\0\0\0\0\0\0\x36\0\0\0", "latin1")],
    ["JPEG XL", Buffer.from([0xff, 0x0a, 0, 0])],
  ])("%s is refused by its name", async (name, bytes) => {
    expect(formatOf(bytes)).toBeUndefined();
    await expect(openPicture(bytes, noLimits)).rejects.toMatchObject({
      reason: "UNSUPPORTED_IMAGE",
      message: expect.stringContaining(`is a ${name} picture`),
    });
  });
});
