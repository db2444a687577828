import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { BoundingBoxSchema, DetailMode, SegmentRequestSchema, wantsDetail } from "./index.js";

const photo = { width: 4000, height: 3000 };

it.each<[string, MessageInitShape<typeof SegmentRequestSchema>, number, boolean]>([
  ["left out", {}, 100, false],
  ["off", { detail: DetailMode.OFF }, 100, false],
  ["always", { detail: DetailMode.ALWAYS }, 3000, true],
  ["auto, a first click on what is large", { detail: DetailMode.AUTO, prompt: { points: [{}] } }, 700, false],
  ["auto, on what is small", { detail: DetailMode.AUTO, prompt: { points: [{}] } }, 590, true],
  ["auto, a second click", { detail: DetailMode.AUTO, prompt: { points: [{}, {}] } }, 700, true],
  ["auto, a box with a point", { detail: DetailMode.AUTO, prompt: { points: [{}], box: {} } }, 700, true],
  ["auto, from a mask", { detail: DetailMode.AUTO, prompt: { points: [{}], mask: {} } }, 700, true],
  ["auto, zoomed in", { detail: DetailMode.AUTO, view: { width: 1900, height: 900 } }, 700, true],
  ["auto, hardly zoomed", { detail: DetailMode.AUTO, view: { width: 900, height: 2100 } }, 700, false],
  ["auto, a view without a size", { detail: DetailMode.AUTO, view: {} }, 700, false],
])("Z2 detail %s", (_name, init, side, expected) => {
  const box = create(BoundingBoxSchema, { x: 0, y: 0, width: side, height: 20 });
  expect(wantsDetail(create(SegmentRequestSchema, init), box, photo)).toBe(expected);
});
