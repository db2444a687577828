import { create } from "@bufbuild/protobuf";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { bitmapToRle, encodeRle, FrameMasksSchema, rleArea, rleBoundingBox } from "../../../../../proto/index.js";
import { type Layout, layoutNames } from "./layout-names.js";
import { cocoOf, frameFile } from "./layouts.js";
import { openOutput } from "./write-masks.js";

const size = { width: 4, height: 3 };
/** Two objects: the left column, and the lower right pixel. */
const maskOf = (isIn: (x: number, y: number) => boolean) => {
  const bitmap = Uint8Array.from({ length: 12 }, (_, at) => (isIn(at % 4, Math.floor(at / 4)) ? 1 : 0));
  const runs = bitmapToRle(bitmap, 4, 3);
  return { rle: encodeRle(runs), area: rleArea(runs), bbox: rleBoundingBox(runs) };
};
const frame = create(FrameMasksSchema, {
  objects: [
    { object: 1, mask: maskOf((x) => x === 0), agreement: 0.5 },
    { object: 3, mask: maskOf((x, y) => x === 3 && y === 2), agreement: 1 },
    { object: 4 },
  ],
});
const pixels = async (data: string | Uint8Array | undefined) => {
  const { data: raw, info } = await sharp(data as Uint8Array)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return [...raw].filter((_, at) => at % info.channels === 0);
};

describe("a frame's file", () => {
  it("of DAVIS is an index an object, with VOC's colours", async () => {
    const file = await frameFile("davis", "00007.jpg", frame, size);
    expect(file.path).toBe("00007.png");
    const data = file.data as Buffer;
    // A palette of one byte a pixel: colour type 3, and its second and fourth colours.
    expect([data[24], data[25]]).toEqual([8, 3]);
    const palette = data.indexOf("PLTE") + 4;
    expect([...data.subarray(palette + 3, palette + 6), ...data.subarray(palette + 9, palette + 12)]).toEqual([
      128, 0, 0, 128, 128, 0,
    ]);
    expect(await pixels(data)).toEqual([128, 0, 0, 0, 128, 0, 0, 0, 128, 0, 0, 128]);
  });

  it.each([
    ["colmap", "a/b.jpg.png"],
    ["nerfstudio", "masks/b.png"],
  ] as const)("of %s is white on the objects, and all black where there is none", async (layout, path) => {
    const file = await frameFile(layout, "a/b.jpg", frame, size);
    expect(file.path).toBe(path);
    expect(await pixels(file.data)).toEqual([255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 255]);
    expect(await pixels((await frameFile(layout, "a/b.jpg", undefined, size)).data)).toEqual(Array(12).fill(0));
  });
});

it("COCO has an annotation for each object that is there in each frame, with the number that stays", () => {
  const frames = [
    { name: "a.jpg", masks: frame },
    { name: "b.jpg", masks: undefined },
  ];
  const { images, annotations } = JSON.parse(cocoOf(frames, size));
  expect(images.map(({ id, file_name }: { id: number; file_name: string }) => [id, file_name])).toEqual([
    [1, "a.jpg"],
    [2, "b.jpg"],
  ]);
  expect(annotations).toMatchObject([
    { id: 1, image_id: 1, category_id: 1, track_id: 1, area: 3, bbox: [0, 0, 1, 3], score: 0.5, iscrowd: 0 },
    { id: 2, image_id: 1, track_id: 3, area: 1, bbox: [3, 2, 1, 1], segmentation: { size: [3, 4] } },
  ]);
});

describe("an object's number that a layout does not hold", () => {
  it.each<[Layout, number]>([
    ["davis", 255],
    ["mots", 999],
    ["colmap", 65_535],
    ["nerfstudio", 65_535],
    ["rgba", 65_535],
    ["overlay", 65_535],
  ])("is refused before anything is followed: %s", async (layout, most) => {
    await expect(openOutput("out.mp4", layout, [1, most + 1])).rejects.toThrow(
      `--layout ${layout} numbers objects from 1 to ${most}, and there is an object ${most + 1}`,
    );
    if (layout !== "overlay") expect(await openOutput("out", layout, [1, most])).toMatchObject({ layout });
  });

  it.each(layoutNames)("is 0 in every layout, which is where no object is: %s", async (layout) => {
    await expect(openOutput("out.mp4", layout, [0])).rejects.toThrow("numbers objects from 1 to");
  });

  it("is none of those that stand in a list", async () => {
    for (const layout of ["coco", "youtube-vis"] as const) await openOutput("out.json", layout, [2 ** 32 - 1]);
  });
});
