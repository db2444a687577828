import { create } from "@bufbuild/protobuf";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { encodeRle, type Mask, placeMask, RleSchema } from "../../../proto/index.js";
import { noLimits, openPicture } from "../../encoder/images/open-picture.js";
import { CommandError } from "./command-error.js";
import { cutOut } from "./cut-out.js";
import { drawPreview } from "./draw-preview.js";
import { FileProblems } from "./file-problems.js";

const [width, height] = [48, 32];

const jpeg = () =>
  sharp({
    create: { width, height, channels: 3, background: "#000", noise: { type: "gaussian", mean: 128, sigma: 50 } },
  })
    .jpeg()
    .toBuffer();

/** As phones of one maker write it: the spectral selection of a progressive scan in a sequential one. */
async function oddScanParameters(): Promise<Buffer> {
  const file = await jpeg();
  const scan = file.indexOf(Buffer.from([0xff, 0xda]));
  const parameters = scan + 2 + file.readUInt16BE(scan + 2) - 3;
  file.set([0, 0, 0], parameters);
  return file;
}

/** As recorders of cameras write it: bytes of nothing before a marker. */
async function extraneousBytes(): Promise<Buffer> {
  const file = await jpeg();
  const tables = file.indexOf(Buffer.from([0xff, 0xdb]));
  return Buffer.concat([file.subarray(0, tables), Buffer.alloc(7, 0x20), file.subarray(tables)]);
}

/** All of the box of 10 x 8 pixels at (2, 3). */
function mask(across = width, down = height): Pick<Mask, "rle" | "area"> {
  const all = { width: 10, height: 8, runs: Uint32Array.of(0, 80) };
  return { rle: create(RleSchema, encodeRle(placeMask(all, 2, 3, across, down))), area: 80 };
}

describe.each([
  ["odd parameters of a scan", oddScanParameters],
  ["extraneous bytes before a marker", extraneousBytes],
])("a JPEG with %s", (_name, make) => {
  it("is peculiar: strict readers refuse it", async () => {
    await expect(
      sharp(await make())
        .raw()
        .toBuffer(),
    ).rejects.toThrow();
  });

  it("is read by all or by none: the encoder, the cut-out, the preview", async () => {
    const file = await make();
    const { data } = await (await openPicture(file, noLimits)).pixels();
    expect(data.byteLength).toBe(3 * width * height);
    expect((await sharp(await cutOut(file, mask())).metadata()).width).toBe(10);
    expect((await sharp(await drawPreview(file, [])).metadata()).width).toBe(width);
  });
});

it("a cut-out of a part shows what the upright picture shows there", async () => {
  const file = await sharp(await jpeg())
    .withMetadata({ orientation: 6 })
    .png()
    .toBuffer();
  const whole = await (await openPicture(file, noLimits)).pixels();
  const part = await sharp(await cutOut(file, mask(height, width)))
    .raw()
    .toBuffer();
  const at = (x: number, y: number) => [...whole.data.subarray(3 * (y * whole.width + x)).subarray(0, 3)];
  expect([...part.subarray(0, 3)]).toEqual(at(2, 3));
  expect([...part.subarray(4 * (7 * 10 + 9)).subarray(0, 3)]).toEqual(at(11, 10));
});

describe("a file that could not be made", () => {
  it("is told at the end, and stops nothing", async () => {
    const problems = new FileProblems();
    const fail = () => Promise.reject(new CommandError("the disk is full."));
    expect(await problems.keep("cutout", fail)).toBeUndefined();
    expect(await problems.keep("cutout", fail)).toBeUndefined();
    expect(await problems.keep("mask", async () => "mask.png")).toBe("mask.png");
    expect(() => problems.check()).toThrow(new CommandError("the cutout was not written: the disk is full."));
  });

  it("through a fault of ours is not taken for the photo's", async () => {
    const bug = new TypeError("undefined is not a function");
    await expect(new FileProblems().keep("cutout", () => Promise.reject(bug))).rejects.toBe(bug);
  });
});
