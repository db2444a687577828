import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { noLimits, openPicture, type Pixels } from "./open-picture.js";
import { type TiffForm, type TiffPage, tiffFile } from "./testing/tiff-files.js";

const [width, height] = [16, 8];
type At = (x: number, band: number) => number;
const samples = (bands: number, at: At) =>
  Float64Array.from({ length: width * height * bands }, (_, i) => at(Math.floor(i / bands) % width, i % bands));
const page = (bands: number, bits: TiffPage["bits"], at: At, more: Partial<TiffPage> = {}): TiffPage => ({
  width,
  height,
  samples: samples(bands, at),
  samplesPerPixel: bands,
  bits,
  photometric: bands < 3 ? 1 : 2,
  ...more,
});
/** The first row's red, or grey. */
const row = ({ data, channels, width }: Pixels) =>
  Array.from({ length: width }, (_, x) => data[x * channels] as number);
const ramp = Array.from({ length: width }, (_, x) => Math.round((x * 255) / 15));
const near = (found: number[], expected: number[]) => {
  expect(found).toHaveLength(expected.length);
  for (const [index, value] of found.entries()) {
    expect(Math.abs(value - (expected[index] as number)), `${found}`).toBeLessThanOrEqual(1);
  }
};

describe("H22 bands that are no colours", () => {
  const nearInfrared: At = (x, band) => (band === 3 ? 255 - 17 * x : 50 * (band + 1));

  it.each([
    [8, 1],
    [16, 257],
  ] as const)("of %i bits are no alpha where the file does not say so", async (bits, scale) => {
    const file = tiffFile([page(4, bits, (x, band) => scale * nearInfrared(x, band), { extraSamples: [0] })]);
    const picture = await openPicture(file, noLimits);
    const { data, channels } = await picture.pixels();
    for (let x = 0; x < width; x++) {
      const pixel = [...data.subarray(x * channels, x * channels + 3)];
      expect(pixel).toEqual([50, 100, 150]);
    }
    expect(picture.reading).toMatchObject({ bands: [1, 2, 3] });
  });

  it.each([1, 2])("are alpha where it says %i", async (kind) => {
    const clear = tiffFile([page(4, 8, (_, band) => (band === 3 ? 0 : 10), { extraSamples: [kind] })]);
    const picture = await openPicture(clear, noLimits);
    expect(row(await picture.pixels())).toEqual(Array(width).fill(255));
    expect(picture.reading.bands).toBeUndefined();
  });

  it("are left out around an alpha band", async () => {
    const at: At = (x, band) => [0, 0, 0, 200, x < 8 ? 0 : 255, 77, 78][band] as number;
    const picture = await openPicture(tiffFile([page(7, 8, at, { extraSamples: [0, 2, 0, 0] })]), noLimits);
    const found = row(await picture.pixels({ keepsAlpha: true }));
    expect(found).toEqual(Array(width).fill(0));
    expect(picture.reading.bands).toEqual([1, 2, 3, 5]);
    expect(row(await picture.pixels())).toEqual([...Array(8).fill(255), ...Array(8).fill(0)]);
  });

  it("beside grey", async () => {
    const picture = await openPicture(
      tiffFile([page(2, 8, (x, b) => (b ? 255 - 17 * x : 17 * x), { extraSamples: [0] })]),
      noLimits,
    );
    expect(row(await picture.pixels())).toEqual(ramp);
    expect(picture.reading.bands).toEqual([1]);
  });
});

describe("H22 values of an unusual range", () => {
  it.each([
    ["floating point from 0 to 1", page(1, 32, (x) => x / 15, { sampleFormat: 3 })],
    ["floating point of three colours", page(3, 32, (x) => x / 15, { sampleFormat: 3 })],
    ["floating point far from 0", page(1, 32, (x) => 1e6 + 1e3 * x, { sampleFormat: 3 })],
    ["signed 16 bits", page(1, 16, (x) => 100 * x - 900, { sampleFormat: 2 })],
    ["signed 8 bits", page(1, 8, (x) => 4 * x - 30, { sampleFormat: 2 })],
    ["signed 32 bits", page(3, 32, (x) => 70_000 * x - 300_000, { sampleFormat: 2 })],
    ["unsigned 32 bits", page(1, 32, (x) => 200_000_000 * x)],
  ])("%s are stretched", async (_name, of) => {
    const picture = await openPicture(tiffFile([of]), noLimits);
    near(row(await picture.pixels()), ramp);
    const [low, high] = [of.samples[0] as number, of.samples[15 * of.samplesPerPixel] as number];
    expect(picture.reading.range?.low).toBeCloseTo(low, 3);
    expect(picture.reading.range?.high).toBeCloseTo(high, 3);
  });

  it.each([10, 12, 14])("%i of 16 bits", async (bits) => {
    const most = 2 ** bits - 1;
    const picture = await openPicture(tiffFile([page(3, 16, (x) => (x * most) / 15)]), noLimits);
    near(row(await picture.pixels()), ramp);
    expect(picture.reading.range).toEqual({ low: 0, high: most });
  });

  it("all of 16 bits stay as they are", async () => {
    const picture = await openPicture(tiffFile([page(3, 16, (x) => x * 4369)]), noLimits);
    near(row(await picture.pixels()), ramp);
    expect(picture.reading.range).toBeUndefined();
  });

  it("12 of the 16 bits of a PNG", async () => {
    const deep = Uint16Array.from({ length: width * height }, (_, i) => (i % width) * 273);
    const file = await sharp(deep, { raw: { width, height, channels: 1 } })
      .toColourspace("grey16")
      .png()
      .toBuffer();
    const picture = await openPicture(file, noLimits);
    near(row(await picture.pixels()), ramp);
    expect(picture.reading.range).toEqual({ low: 0, high: 4095 });
  });

  it("a few values that mean no data decide nothing", async () => {
    const [w, h] = [100, 10];
    const values = Float64Array.from({ length: w * h }, (_, i) =>
      i % 250 === 7 ? -9999 : i === 3 ? Number.NaN : (i % w) / 99,
    );
    const file = tiffFile([
      { width: w, height: h, samples: values, samplesPerPixel: 1, bits: 32, sampleFormat: 3, photometric: 1 },
    ]);
    const found = row(await (await openPicture(file, noLimits)).pixels());
    expect(found[50]).toBeGreaterThan(120);
    expect(found[50]).toBeLessThan(137);
    expect(found[3]).toBe(0);
  });

  it("a picture of one value is black", async () => {
    const picture = await openPicture(tiffFile([page(1, 32, () => 5, { sampleFormat: 3 })]), noLimits);
    expect(row(await picture.pixels())).toEqual(Array(width).fill(0));
  });

  it("a part is stretched as the whole is", async () => {
    const file = tiffFile([page(1, 32, (x) => x, { sampleFormat: 3 })]);
    const part = await (await openPicture(file, noLimits)).pixels({ crop: { x: 4, y: 1, width: 3, height: 2 } });
    near(row(part), ramp.slice(4, 7));
  });

  it.each([
    ["64 bits, floating point", page(1, 64, (x) => x, { sampleFormat: 3 }), "floating point numbers of 64 bits"],
    ["64 bits", page(1, 64, (x) => x), "whole numbers of 64 bits"],
  ])("%s are refused by name", async (_name, of, says) => {
    await expect(openPicture(tiffFile([of]), noLimits)).rejects.toMatchObject({
      reason: "UNSUPPORTED_IMAGE",
      message: expect.stringContaining(says),
    });
  });
});

describe("pages of a TIFF", () => {
  const shade = (value: number, more: Partial<TiffPage> = {}) => page(1, 8, () => value, more);
  const forms: TiffForm[] = [false, true].flatMap((isBig) => [
    { isBig, order: "II" },
    { isBig, order: "MM" },
  ]);

  it.each(forms)("the first counts: %o", async (form) => {
    const picture = await openPicture(tiffFile([shade(40), shade(50), shade(60)], form), noLimits);
    expect(row(await picture.pixels())[0]).toBe(40);
    expect(picture.reading).toEqual({ orientation: 1, page: 1, pages: 3 });
  });

  it.each(forms)("a thumbnail that comes first does not: %o", async (form) => {
    const thumbnail: TiffPage = { ...shade(9, { subfileType: 1 }), width: 4, height: 2, samples: Array(8).fill(9) };
    const picture = await openPicture(tiffFile([thumbnail, shade(50, { orientation: 6 })], form), noLimits);
    expect([picture.width, picture.height]).toEqual([height, width]);
    expect(row(await picture.pixels())[0]).toBe(50);
    expect(picture.reading).toEqual({ orientation: 6, page: 2, pages: 2 });
  });

  it("of which all are smaller copies: the first", async () => {
    const picture = await openPicture(tiffFile([shade(9, { subfileType: 1 }), shade(8, { subfileType: 1 })]), noLimits);
    expect(row(await picture.pixels())[0]).toBe(9);
  });

  it("a chain that bites its own tail ends", async () => {
    const file = tiffFile([shade(40)]);
    // The last directory's link back to the first.
    file.copy(file, file.length - 4, 4, 8);
    expect((await openPicture(file, noLimits)).reading.pages).toBe(1);
  });
});
