import sharp from "sharp";
import { expect, it } from "vitest";
import { bitmapToRle, encodeRle, rleArea, rleBoundingBox, type Sa1bAnnotation } from "../../../proto/index.js";
import { drawPreview } from "./draw-preview.js";

const [width, height] = [40, 30];

function rectangle(x0: number, y0: number, x1: number, y1: number, size = [width, height]): Sa1bAnnotation {
  const [w = 0, h = 0] = size;
  const bitmap = Uint8Array.from({ length: w * h }, (_, at) => {
    const [x, y] = [at % w, Math.floor(at / w)];
    return x >= x0 && x < x1 && y >= y0 && y < y1 ? 1 : 0;
  });
  const mask = bitmapToRle(bitmap, w, h);
  const { size: rleSize, counts } = encodeRle(mask);
  const box = rleBoundingBox(mask);
  return {
    id: 1,
    segmentation: { size: rleSize as [number, number], counts },
    bbox: [box.x, box.y, box.width, box.height],
    area: rleArea(mask),
    predicted_iou: 1,
    stability_score: 1,
    point_coords: [],
    crop_box: [0, 0, w, h],
  };
}

const plain = (channels: 3 | 4 = 3) =>
  sharp({ create: { width, height, channels, background: { r: 100, g: 100, b: 100, alpha: 1 } } });

async function draw(photo: Uint8Array, annotations: Sa1bAnnotation[]) {
  const { data, info } = await sharp(Buffer.from(await drawPreview(photo, annotations)))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray(info.channels * (y * info.width + x)).subarray(0, 3)];
  return { at, info };
}

it("colours what is inside, draws the edge in full, and leaves the rest alone", async () => {
  const { at, info } = await draw(await plain().png().toBuffer(), [rectangle(10, 10, 20, 20)]);
  expect(info).toMatchObject({ width, height, channels: 3 });
  expect(at(5, 5)).toEqual([100, 100, 100]);
  expect(at(20, 20)).toEqual([100, 100, 100]);
  const [edge, inside] = [at(10, 15), at(15, 15)];
  for (let channel = 0; channel < 3; channel++) {
    const mixed = 100 * 0.55 + (edge[channel] as number) * 0.45;
    expect(Math.abs((inside[channel] as number) - mixed)).toBeLessThanOrEqual(1);
  }
  expect(edge).not.toEqual([100, 100, 100]);
});

it("gives every mask a colour of its own, small ones over large ones in whatever order they come", async () => {
  const photo = await plain().png().toBuffer();
  const [large, small] = [rectangle(0, 0, 40, 30), rectangle(10, 10, 20, 20)];
  for (const order of [
    [large, small],
    [small, large],
  ]) {
    const { at } = await draw(photo, order);
    expect(at(10, 10)).not.toEqual(at(0, 0));
    expect(at(15, 15)).not.toEqual(at(30, 15));
  }
});

it("draws over the upright photo, whatever its file is like", async () => {
  const turned = await plain().withMetadata({ orientation: 6 }).jpeg().toBuffer();
  expect((await draw(turned, [rectangle(2, 2, 9, 9, [height, width])])).info).toMatchObject({
    width: height,
    height: width,
  });
  for (const photo of [
    plain().greyscale().jpeg().toBuffer(),
    plain(4).png().toBuffer(),
    plain().png({ palette: true }).toBuffer(),
    plain().toColourspace("rgb16").png().toBuffer(),
    plain(4).greyscale().png().toBuffer(),
  ]) {
    const { at, info } = await draw(await photo, [rectangle(10, 10, 20, 20)]);
    expect(info).toMatchObject({ width, height, channels: 3 });
    for (const value of at(5, 5)) expect(Math.abs(value - 100)).toBeLessThanOrEqual(3);
    expect(at(10, 15)).not.toEqual(at(5, 5));
  }
});

it("is the photo where nothing was found", async () => {
  const { at } = await draw(await plain().png().toBuffer(), []);
  expect(at(39, 29)).toEqual([100, 100, 100]);
});
