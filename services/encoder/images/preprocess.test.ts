import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import type { Preprocess } from "../../inference/models/manifest.js";
import { noLimits, openPicture } from "./open-picture.js";
import { fitPixels, normalise } from "./preprocess.js";

/** Normalised to the channel's own value: mean 0, deviation 1. */
const plain = { size: 8, resize: "letterbox", mean: [0, 0, 0], std: [1, 1, 1] } satisfies Partial<Preprocess>;
const solid = (width: number, height: number, background: object): Sharp =>
  sharp({ create: { width, height, channels: 4, background } });

async function planesOf(file: Buffer, width: number, height: number) {
  const picture = await openPicture(file, noLimits);
  expect([picture.width, picture.height]).toEqual([width, height]);
  const planes = normalise(
    await fitPixels(picture, plain),
    plain,
    { width: 8, height: 8 },
    new Float32Array(3 * 8 * 8),
  );
  const at = (x: number, y: number) => [0, 1, 2].map((channel) => planes[(channel * 8 + y) * 8 + x]);
  return { planes, at };
}

describe("normalise", () => {
  it("agrees with a plain reference, padding zero", () => {
    const rules = { mean: [100, 110, 120], std: [50, 60, 70] } satisfies Partial<Preprocess>;
    const pixels = Uint8Array.from({ length: 4 * 2 * 3 }, (_, index) => (index * 37) % 256);
    // Whatever was there before.
    const memory = new Float32Array(3 * 5 * 3 + 7).fill(8);
    const planes = normalise(
      { data: pixels, width: 4, height: 2, channels: 3 },
      rules,
      { width: 5, height: 3 },
      memory,
    );
    expect(planes).toHaveLength(3 * 3 * 5);
    for (let channel = 0; channel < 3; channel++) {
      for (let y = 0; y < 3; y++) {
        for (let x = 0; x < 5; x++) {
          const value = pixels[(y * 4 + x) * 3 + channel] as number;
          const isPicture = y < 2 && x < 4;
          const expected = isPicture ? (value - (rules.mean[channel] as number)) / (rules.std[channel] as number) : 0;
          expect(planes[(channel * 3 + y) * 5 + x]).toBeCloseTo(expected, 5);
        }
      }
    }
  });

  it("ignores channels behind the third", () => {
    const one = { data: Uint8Array.of(1, 2, 3, 255), width: 1, height: 1, channels: 4 };
    const planes = normalise(one, plain, one, new Float32Array(3));
    expect([...planes]).toEqual([1, 2, 3]);
  });
});

describe("preprocess", () => {
  it.each(["jpeg", "png", "webp", "tiff", "gif", "avif"] as const)("reads %s", async (format) => {
    const file = await solid(8, 4, { r: 200, g: 100, b: 40, alpha: 1 }).flatten().toFormat(format).toBuffer();
    const { at } = await planesOf(file, 8, 4);
    for (const [channel, value] of [200, 100, 40].entries()) {
      expect(Math.abs((at(3, 2)[channel] ?? 0) - value)).toBeLessThanOrEqual(4);
    }
    expect(at(3, 5)).toEqual([0, 0, 0]);
  });

  it("puts transparency over white", async () => {
    const clear = await solid(8, 8, { r: 255, g: 0, b: 0, alpha: 0 }).png().toBuffer();
    expect((await planesOf(clear, 8, 8)).at(4, 4)).toEqual([255, 255, 255]);
    const half = await solid(8, 8, { r: 255, g: 0, b: 0, alpha: 0.5 }).png().toBuffer();
    const [red, green] = (await planesOf(half, 8, 8)).at(4, 4);
    expect(red).toBe(255);
    expect(Math.abs((green ?? 0) - 127)).toBeLessThanOrEqual(2);
  });

  it("reads grey, grey with alpha and palettes as sRGB", async () => {
    const grey = await solid(8, 8, { r: 90, g: 90, b: 90, alpha: 1 }).flatten().toColourspace("b-w").png().toBuffer();
    expect((await sharp(grey).metadata()).channels).toBe(1);
    expect((await planesOf(grey, 8, 8)).at(2, 2)).toEqual([90, 90, 90]);
    const palette = await solid(8, 8, { r: 10, g: 20, b: 30, alpha: 1 }).png({ palette: true }).toBuffer();
    expect((await planesOf(palette, 8, 8)).at(2, 2)).toEqual([10, 20, 30]);
  });

  it("reads 16 bits a channel as 8", async () => {
    const deep = await solid(8, 8, { r: 128, g: 64, b: 32, alpha: 1 })
      .flatten()
      .toColourspace("rgb16")
      .png()
      .toBuffer();
    expect((await sharp(deep).metadata()).depth).toBe("ushort");
    const found = (await planesOf(deep, 8, 8)).at(2, 2);
    for (const [channel, value] of [128, 64, 32].entries()) {
      expect(Math.abs((found[channel] ?? 0) - value)).toBeLessThanOrEqual(1);
    }
  });

  it("reads CMYK as colours, not as ink", async () => {
    const file = await solid(8, 8, { r: 220, g: 30, b: 30, alpha: 1 })
      .flatten()
      .toColourspace("cmyk")
      .jpeg()
      .toBuffer();
    expect((await sharp(file).metadata()).space).toBe("cmyk");
    const [red = 0, green = 0, blue = 0] = (await planesOf(file, 8, 8)).at(2, 2);
    expect(red).toBeGreaterThan(150);
    expect(Math.max(green, blue)).toBeLessThan(110);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("turns a picture with EXIF orientation %i upright", async (orientation) => {
    // Upright: the left half red, the right half blue.
    const upright = solid(8, 4, { r: 255, g: 0, b: 0, alpha: 1 }).composite([
      { input: await solid(4, 4, { r: 0, g: 0, b: 255, alpha: 1 }).png().toBuffer(), left: 4, top: 0 },
    ]);
    const raw = await upright.flatten().png().toBuffer();
    const stored = await undo(raw, orientation);
    const file = await sharp(stored).withMetadata({ orientation }).png().toBuffer();
    const { at } = await planesOf(file, 8, 4);
    expect(at(1, 1)).toEqual([255, 0, 0]);
    expect(at(6, 2)).toEqual([0, 0, 255]);
  });

  it.each([0.5, 0.9])("refuses a picture that is cut short after %d of its bytes", async (part) => {
    const noise = sharp({
      create: {
        width: 64,
        height: 64,
        channels: 3,
        background: "#000",
        noise: { type: "gaussian", mean: 128, sigma: 60 },
      },
    });
    for (const format of ["png", "jpeg"] as const) {
      const file = await noise.clone().toFormat(format).toBuffer();
      const cut = file.subarray(0, Math.floor(file.length * part));
      await expect(planesOf(cut, 64, 64)).rejects.toMatchObject({ reason: "DAMAGED_IMAGE" });
    }
  });
});

/** The picture as a camera would store it under this orientation: the inverse of what a viewer does. */
async function undo(picture: Buffer, orientation: number): Promise<Buffer> {
  const turn = [0, 0, 180, 0, 90, 270, 270, 90][orientation - 1] ?? 0;
  // By itself: within one pipeline sharp mirrors before it turns.
  const turned = sharp(await sharp(picture).rotate(turn).png().toBuffer());
  if (orientation === 4) return turned.flip().png().toBuffer();
  return [2, 5, 7].includes(orientation) ? turned.flop().png().toBuffer() : turned.png().toBuffer();
}
