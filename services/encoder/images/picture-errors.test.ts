import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { ServiceError } from "../../runtime/errors.js";
import { type Format, formatOf } from "../../runtime/offered-formats.js";
import { noLimits, openPicture } from "./open-picture.js";
import { meaningOf } from "./picture-errors.js";

describe("what the image library says", () => {
  it.each([
    ["jpeg", "VipsJpeg: premature end of JPEG image", "DAMAGED_IMAGE"],
    ["png", "vipspng: libpng read error", "DAMAGED_IMAGE"],
    ["png", "Unknown error", "DAMAGED_IMAGE"],
    ["gif", "gifload_buffer: Invalid frame data", "DAMAGED_IMAGE"],
    ["webp", "webp2vips: unable to read pixels", "DAMAGED_IMAGE"],
    ["tiff", "tiff2vips: Bogus JPEGTables field", "DAMAGED_IMAGE"],
    ["avif", "source: bad seek to 12\nheif: Invalid input: Unexpected end of file", "DAMAGED_IMAGE"],
    ["avif", "source: bad seek to 12\nheif: Memory allocation error: Security limit exceeded", "IMAGE_TOO_LARGE"],
    ["png", "vips_tracked: out of memory --- size == 900MB", "IMAGE_TOO_LARGE"],
    ["tiff", "Input image exceeds channel limit", "IMAGE_TOO_LARGE"],
    ["avif", "heif: Unsupported feature: Unsupported data version", "UNSUPPORTED_IMAGE"],
    ["tiff", "Input buffer has corrupt header: tiff2vips: samples out of range", "UNSUPPORTED_IMAGE"],
    ["tiff", "tiff2vips: LERC compression support is not configured", "UNSUPPORTED_IMAGE"],
    ["jpeg", "Input buffer has corrupt header: VipsJpeg: Unsupported JPEG data precision 12", "UNSUPPORTED_IMAGE"],
  ] as [Format, string, string][])("%s: %s", (format, message, reason) => {
    const found = meaningOf(new Error(message), format, "pixels") as ServiceError;
    expect(found).toBeInstanceOf(ServiceError);
    expect(found).toMatchObject({ reason, message: expect.stringMatching(/^[A-Z].*\.$/) });
    expect(found.message).not.toContain(message);
  });

  it("is ours to fix when it is no fault of the picture", () => {
    const bug = new Error("extract_area: bad extract area");
    expect(meaningOf(bug, "png", "pixels")).toBe(bug);
  });
});

it("leaves no damaged file without a sentence: bytes changed and cut at random", async () => {
  const noise = { type: "gaussian", mean: 128, sigma: 60 } as const;
  const base = () => sharp({ create: { width: 40, height: 30, channels: 3, background: "#000", noise } });
  const files = await Promise.all([
    ...(["jpeg", "png", "webp", "gif", "tiff", "avif"] as const).map((format) => base().toFormat(format).toBuffer()),
    base().jpeg({ progressive: true }).toBuffer(),
    base().png({ progressive: true }).toBuffer(),
    ...(["jpeg", "lzw", "deflate", "packbits"] as const).map((compression) => base().tiff({ compression }).toBuffer()),
  ]);
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((seed / 0x80000000) * below);
  };
  let refused = 0;
  for (const file of files) {
    for (let round = 0; round < 60; round++) {
      const bytes = Buffer.from(file);
      for (let change = 0; change <= random(4); change++) bytes[random(Math.min(400, bytes.length))] = random(256);
      const damaged = random(3) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
      try {
        const picture = await openPicture(damaged, { ...noLimits, maxImagePixels: 1e6 });
        await picture.pixels({ size: { width: 1, height: 1 } });
      } catch (error) {
        refused++;
        expect(error, `${formatOf(file)}, round ${round}: ${error}`).toBeInstanceOf(ServiceError);
      }
    }
  }
  expect(refused).toBeGreaterThan(100);
});
