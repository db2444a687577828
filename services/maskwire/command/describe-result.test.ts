import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { DetailSchema, ImageInfoSchema, SegmentResultSchema } from "../../../proto/index.js";
import { resultAsJson, resultAsText } from "./describe-result.js";

const image = create(ImageInfoSchema, { imageId: "sha256:00", width: 200, height: 100 });
const result = create(SegmentResultSchema, {
  imageId: "sha256:00",
  model: "mobilesam",
  masks: [
    {
      rle: { size: [100, 200], counts: "abc" },
      bbox: { x: 10, y: 20, width: 30, height: 40 },
      area: 1000,
      predictedIou: 0.75,
      stabilityScore: 0.5,
      png: new Uint8Array(9),
    },
  ],
  timings: { queueMs: 0.5, embeddingMs: 1, decodeMs: 50, maskMs: 2 },
});

it("gives programs one plain object, without the PNG's bytes", () => {
  expect(JSON.parse(JSON.stringify(resultAsJson(image, result)))).toEqual({
    image: { imageId: "sha256:00", width: 200, height: 100 },
    masks: [
      {
        rle: { size: [100, 200], counts: "abc" },
        bbox: { x: 10, y: 20, width: 30, height: 40 },
        area: 1000,
        predictedIou: 0.75,
        stabilityScore: 0.5,
      },
    ],
    timings: { queueMs: 0.5, embeddingMs: 1, decodeMs: 50, maskMs: 2 },
  });
});

it("gives people a line a mask", () => {
  expect(resultAsText(image, result, [["mask.png", "cut.png"]])).toBe(
    "picture 200 x 100\nmask 1  score 0.750  stability 0.500  area 1000 px (5.0 %)  box 10,20 30 x 40  mask.png  cut.png",
  );
});

it("says to both where a mask was made finer", () => {
  const crop = { x: 0, y: 16, width: 64, height: 48 };
  const finer = { ...result, detail: create(DetailSchema, { crop, masks: [0] }) };
  expect(resultAsJson(image, finer)).toMatchObject({ detail: { crop, masks: [0] } });
  expect(resultAsText(image, finer, [["mask.png"]])).toMatch(/ {2}finer at 0,16 64 x 48 {2}mask\.png$/);
});

const none = create(SegmentResultSchema, {});

describe("how the file was read", () => {
  const reading = { orientation: 6, page: 2, pages: 3, bands: [1, 2, 3], range: { low: 0, high: 4095 } };
  const turned = create(ImageInfoSchema, { imageId: "sha256:00", width: 200, height: 100, reading });

  it("is told to programs", () => {
    expect(resultAsJson(turned, result)).toMatchObject({ image: { width: 200, reading } });
  });

  it("is told to people in a few words", () => {
    expect(resultAsText(turned, none, [])).toBe(
      "picture 200 x 100  page 2 of 3  turned upright (EXIF orientation 6)  bands 1, 2, 3 of the file, the others left out" +
        "  values stretched: 0 is black, 4095 white",
    );
  });

  it("is not worth a word when there is nothing to tell", () => {
    const ordinary = create(ImageInfoSchema, {
      imageId: "sha256:00",
      width: 200,
      height: 100,
      reading: { orientation: 1, page: 1, pages: 1 },
    });
    expect(resultAsText(ordinary, none, [])).toBe("picture 200 x 100");
  });
});
