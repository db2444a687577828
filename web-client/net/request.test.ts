import { describe, expect, it } from "vitest";
import { segmentRequest } from "./request.js";

const point = { x: 3, y: 4, label: 1 as const };

describe("segmentRequest", () => {
  it("carries every prompt, a point beside the object with its 0", () => {
    const box = { x0: 1, y0: 2, x1: 30, y1: 40 };
    const request = segmentRequest(7, { points: [point, { x: 5, y: 6, label: 0 }], box }, false);
    expect(request).toMatchObject({
      sequence: 7,
      preview: false,
      prompt: { points: [{ label: 1 }, { label: 0 }], box },
    });
    expect(request.multimask).toBeUndefined();
  });

  it("asks for all candidates of a lone point, but not for a preview", () => {
    expect(segmentRequest(1, { points: [point], box: undefined }, false).multimask).toBe(true);
    expect(segmentRequest(1, { points: [point], box: undefined }, true).multimask).toBeUndefined();
  });
});
