import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { RleSchema } from "../../proto/index.js";
import { segmentRequest } from "./request.js";

const point = { x: 3, y: 4, label: 1 as const };

describe("segmentRequest", () => {
  it("carries every prompt, a point beside the object with its 0", () => {
    const box = { x0: 1, y0: 2, x1: 30, y1: 40 };
    const request = segmentRequest(7, { points: [point, { x: 5, y: 6, label: 0 }], box, mask: undefined }, false);
    expect(request).toMatchObject({
      sequence: 7,
      preview: false,
      prompt: { points: [{ label: 1 }, { label: 0 }], box },
    });
    expect(request.multimask).toBeUndefined();
  });

  it("starts from a rough mask, which leaves nothing to choose", () => {
    const mask = create(RleSchema, { size: [2, 3], counts: "06" });
    const request = segmentRequest(3, { points: [point], box: undefined, mask }, false);
    expect(request.prompt?.mask?.source).toEqual({ case: "rle", value: mask });
    expect(request.multimask).toBeUndefined();
  });

  it("asks for all candidates of a lone point, but not for a preview", () => {
    expect(segmentRequest(1, { points: [point], box: undefined, mask: undefined }, false).multimask).toBe(true);
    expect(segmentRequest(1, { points: [point], box: undefined, mask: undefined }, true).multimask).toBeUndefined();
  });
});
