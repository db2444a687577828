import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { BoxSchema, type Mask, MaskSchema } from "../../../proto/index.js";
import type { Region } from "../region.js";
import { agrees, iouOf } from "./agreement.js";
import { encodedMask } from "./testing/encoded-mask.js";

const picture = { width: 64, height: 48 };
const part = { x: 16, y: 16, width: 32, height: 32 };

const sure = { predictedIou: 0.9, stabilityScore: 0.9 };
const filled = (region: Region, scores = sure): Mask =>
  create(MaskSchema, { ...encodedMask(picture, region), ...scores });
const first = filled({ x: 20, y: 20, width: 10, height: 10 });

it.each<[string, Region, boolean]>([
  ["the same", { x: 20, y: 20, width: 10, height: 10 }, true],
  ["of half its pixels", { x: 20, y: 20, width: 5, height: 10 }, true],
  ["of fewer than half", { x: 20, y: 20, width: 10, height: 4 }, false],
  ["of another object", { x: 34, y: 34, width: 10, height: 10 }, false],
  ["up to the part's left edge", { x: 16, y: 20, width: 14, height: 10 }, false],
  ["up to its right edge", { x: 20, y: 20, width: 28, height: 10 }, false],
  // The picture ends there too.
  ["down to the picture's edge", { x: 20, y: 30, width: 10, height: 18 }, false],
  ["empty", { x: 0, y: 0, width: 0, height: 0 }, false],
])("Z4 a finer mask that is %s", (_name, region, counts) => {
  expect(agrees(first, filled(region), part, picture)).toBe(counts);
});

it.each<[string, Partial<typeof sure>, boolean]>([
  ["nearly as sure of it", { predictedIou: 0.73 }, true],
  ["far less sure of it", { predictedIou: 0.71 }, false],
  ["surer of it, and its edge is frayed", { predictedIou: 0.97, stabilityScore: 0.39 }, false],
])("Z4 a finer mask of which the model is %s", (_name, scores, counts) => {
  const finer = filled({ x: 20, y: 20, width: 10, height: 10 }, { ...sure, ...scores });
  expect(agrees(first, finer, part, picture)).toBe(counts);
});

it("Z4 counts a finer mask that fills the prompt's box, whatever the first one was", () => {
  const finer = filled({ x: 30, y: 20, width: 10, height: 10 });
  const box = (x1: number) => create(BoxSchema, { x0: 30, y0: 20, x1, y1: 30 });
  expect(agrees(first, finer, part, picture)).toBe(false);
  expect(agrees(first, finer, part, picture, box(41))).toBe(true);
  expect(agrees(first, finer, part, picture, box(46))).toBe(false);
});

it("Z4 lets a mask end where the picture does", () => {
  const corner = { x: 40, y: 24, width: 24, height: 24 };
  const mask = filled({ x: 52, y: 36, width: 12, height: 12 });
  expect(agrees(mask, mask, corner, picture)).toBe(true);
});

it("reckons the IoU of two masks, 0 where there is none", () => {
  expect(iouOf(first, filled({ x: 25, y: 20, width: 10, height: 10 }))).toBeCloseTo(1 / 3, 12);
  expect(iouOf(first, {})).toBe(0);
  const empty = filled({ x: 0, y: 0, width: 0, height: 0 });
  expect(iouOf(empty, empty)).toBe(0);
});
