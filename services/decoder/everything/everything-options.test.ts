import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { EverythingMode, SegmentEverythingRequestSchema } from "../../../proto/index.js";
import { Code } from "../../runtime/errors.js";
import { everythingOptions } from "./everything-options.js";

const options = (init: Parameters<typeof create<typeof SegmentEverythingRequestSchema>>[1]) =>
  everythingOptions(create(SegmentEverythingRequestSchema, init));

it("has the defaults of Meta's generator, and is adaptive unless told otherwise", () => {
  expect(options({})).toEqual({
    isAdaptive: true,
    pointsPerSide: 32,
    boxNmsThreshold: 0.7,
    crops: { layers: 0, overlapRatio: 512 / 1500, pointsDownscale: 1, nmsThreshold: 0.7 },
    thresholds: { predIou: 0.88, stabilityScore: 0.95, stabilityOffset: 1, minRegionArea: 0 },
  });
  expect(options({ mode: EverythingMode.ADAPTIVE }).isAdaptive).toBe(true);
  expect(options({ mode: EverythingMode.EXHAUSTIVE }).isAdaptive).toBe(false);
});

it("takes every option as it is given, zeros too", () => {
  expect(
    options({
      pointsPerSide: 128,
      predIouThresh: 0,
      stabilityScoreThresh: 0,
      stabilityScoreOffset: 2,
      boxNmsThresh: 1,
      minMaskRegionArea: 100,
      cropNLayers: 1,
      cropNmsThresh: 0,
      cropOverlapRatio: 0,
      cropNPointsDownscaleFactor: 2,
    }),
  ).toEqual({
    isAdaptive: true,
    pointsPerSide: 128,
    boxNmsThreshold: 1,
    crops: { layers: 1, overlapRatio: 0, pointsDownscale: 2, nmsThreshold: 0 },
    thresholds: { predIou: 0, stabilityScore: 0, stabilityOffset: 2, minRegionArea: 100 },
  });
});

it.each([
  [{ pointsPerSide: 0 }, "points_per_side must lie between 1 and 128; it is 0."],
  [{ pointsPerSide: 129 }, "points_per_side must lie between 1 and 128; it is 129."],
  [{ predIouThresh: Math.fround(1.1) }, "pred_iou_thresh must lie between 0 and 1; it is 1.1."],
  [{ predIouThresh: Number.NaN }, "pred_iou_thresh must lie between 0 and 1; it is NaN."],
  [{ stabilityScoreThresh: -0.5 }, "stability_score_thresh must lie between 0 and 1; it is -0.5."],
  [
    { stabilityScoreOffset: Number.POSITIVE_INFINITY },
    "stability_score_offset must lie between 0 and 100; it is Infinity.",
  ],
  [{ boxNmsThresh: 2 }, "box_nms_thresh must lie between 0 and 1; it is 2."],
])("refuses %j with one sentence", (init, message) => {
  expect(() => options(init)).toThrow(expect.objectContaining({ code: Code.INVALID_ARGUMENT, message }));
});
