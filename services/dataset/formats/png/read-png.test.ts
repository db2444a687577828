import { deflateSync } from "node:zlib";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { AnnotationFormat } from "../../../../proto/index.js";
import { readFiles } from "../testing/read-files.js";
import { decodePng } from "./decode-png.js";
import { encodePng } from "./encode-png.js";
import { vocColour, vocPalette } from "./voc-colours.js";

const values = Uint8Array.from([0, 1, 1, 2, 2, 255]);
const palette = await encodePng(values, 3, 2, vocPalette);
const grey = await encodePng(values, 3, 2);
const rgb = (pixels: number[]) =>
  sharp(Buffer.from(pixels.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255])), {
    raw: { width: 3, height: 2, channels: 3 },
  })
    .png()
    .toBuffer();
const colours = await rgb([...values].map(vocColour));
const map = "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:128,0,0::\ndog:0,128,0::\n";
const cat = ["cat", ".##", "..."];
const dog = ["dog", "...", "##."];

describe("masks as PNG", () => {
  it.each<[string, Record<string, string | Uint8Array>, unknown[]]>([
    ["with a palette and a map", { "labelmap.txt": map, "SegmentationClass/a.png": palette }, [cat, dog]],
    ["in the map's colours", { "labelmap.txt": map, "SegmentationClass/a.png": colours }, [cat, dog]],
    [
      "with LabelMe's list of names",
      { "labels.txt": "__ignore__\n_background_\ncat\ndog", "SegmentationClassPNG/a.png": palette, "a.jpg": "" },
      [cat, dog],
    ],
    ["with a list of names", { "classes.txt": "cat\ndog", "masks/a.png": grey, "images/a.jpg": "" }, [cat, dog]],
    [
      "without names",
      { "masks/a.png": grey, "images/a.jpg": "" },
      [
        ["class 1", ...cat.slice(1)],
        ["class 2", ...dog.slice(1)],
      ],
    ],
  ])("%s", async (_name, files, drawn) => {
    const found = await readFiles(files);
    expect(found.problems).toEqual([]);
    expect(found.drawn.toSorted()).toEqual(drawn);
    expect(found.pictures).toHaveLength(1);
  });

  it("white on black is one object without a label, of 1, 8 or 16 bits", async () => {
    const white = await encodePng(Uint8Array.from([0, 255, 255, 0, 0, 0]), 3, 2);
    // Three pixels are the first bits of a row, after the byte that names its filter.
    const bits = Buffer.concat([white.subarray(0, 33), chunkOf(deflateSync(Buffer.from([0, 0b01100000, 0, 0])))]);
    bits[24] = 1;
    const instances = await sharp(Uint16Array.from([0, 1, 300, 300, 0, 0]), {
      raw: { width: 3, height: 2, channels: 1 },
    })
      .toColourspace("grey16")
      .png()
      .toBuffer();
    const files = { "masks/a.png": white, "masks/b.png": bits, "masks/c.png": instances };
    const pictures = { "images/a.jpg": "", "images/b.jpg": "", "images/c.jpg": "" };
    const { drawn, problems } = await readFiles({ ...files, ...pictures });
    expect(problems).toEqual([]);
    const one = [undefined, ".##", "..."];
    expect(drawn).toEqual([one, one, [undefined, ".#.", "..."], [undefined, "..#", "#.."]]);
  });

  it("have VOC's splits", async () => {
    const { pictures } = await readFiles({
      "VOC/labelmap.txt": map,
      "VOC/SegmentationClass/a.png": palette,
      "VOC/JPEGImages/a.jpg": "",
      "VOC/ImageSets/Segmentation/val.txt": "a\n",
    });
    expect(pictures.map(({ name, file, split }) => [name, file, split])).toEqual([
      ["a.jpg", "VOC/JPEGImages/a.jpg", "val"],
    ]);
  });

  it("that are damaged name their file, and the rest is read", async () => {
    const hugeHeader = Buffer.from(palette);
    hugeHeader.writeUInt32BE(2 ** 30, 16);
    const { drawn, problems } = await readFiles(
      {
        "a.png": palette.subarray(0, 40),
        "b.png": "no picture",
        "c.png": hugeHeader,
        "d.png": await sharp(palette).png({ progressive: true, palette: false }).toBuffer(),
        "e.png": palette,
      },
      { format: AnnotationFormat.PNG },
    );
    expect(problems.map((problem) => problem.slice(0, 24))).toEqual([
      "a.png:0 The PNG's pixels",
      "b.png:0 The file is no P",
      "c.png:0 The PNG is 10737",
      "d.png:0 The PNG is inter",
    ]);
    expect(drawn).toHaveLength(2);
  });

  it("unpack to no more than their size", async () => {
    const bomb = Buffer.concat([palette.subarray(0, 33), chunkOf(deflateSync(Buffer.alloc(2 ** 26)))]);
    await expect(decodePng(bomb)).rejects.toThrow("damaged");
  });
});

function chunkOf(body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length);
  head.write("IDAT", 4);
  return Buffer.concat([head, body, Buffer.alloc(4)]);
}

describe("our PNGs", () => {
  it("have the palette that was given, in its order, for an image library too", async () => {
    const { data } = await sharp(palette).raw().toBuffer({ resolveWithObject: true });
    const [red, green] = [data[3], data[9 + 1]];
    expect([red, green]).toEqual([128, 128]);
    expect(palette.subarray(33, 41).toString("latin1")).toContain("PLTE");
  });

  it("are read as they were written, as are those of an image library with its filters", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.infiniteStream(fc.nat(255)),
        async (width, height, stream) => {
          const pixels = Uint8Array.from({ length: width * height }, () => stream.next().value as number);
          const own = await decodePng(await encodePng(pixels, width, height, vocPalette));
          expect([own.kind, own.width, own.height, Buffer.from(own.values as Uint8Array)]).toEqual([
            "index",
            width,
            height,
            Buffer.from(pixels),
          ]);
          const theirs = await sharp(pixels, { raw: { width, height, channels: 1 } })
            .toColourspace("b-w")
            .png({ adaptiveFiltering: true })
            .toBuffer();
          expect(Buffer.from((await decodePng(theirs)).values as Uint8Array)).toEqual(Buffer.from(pixels));
        },
      ),
      { numRuns: 40 },
    ));
});
