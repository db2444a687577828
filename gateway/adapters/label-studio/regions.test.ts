import { describe, expect, it } from "vitest";
import { bitmapToRle, decodeRle, encodeLabelStudioRle, rleArea, rleBoundingBox } from "../../../proto/index.js";
import { Code } from "../../../services/runtime/errors.js";
import type { AdapterPrompt } from "../shared/prompts.js";
import { promptsOf, type Region, regionForm } from "./regions.js";

const [width, height] = [200, 100];
const region = (type: string, value: object, rest: object = {}): Region => ({
  ...regionForm.parse({ type, to_name: "image", value, ...rest }),
  original_width: width,
  original_height: height,
});

/** A square of 20 pixels a side whose top left corner is there. */
function stroke(x: number, y: number): number[] {
  const bitmap = new Uint8Array(width * height);
  for (let row = y; row < y + 20; row++) bitmap.fill(1, row * width + x, row * width + x + 20);
  return encodeLabelStudioRle(bitmapToRle(bitmap, width, height));
}

function maskOf({ mask }: AdapterPrompt) {
  const source = mask?.source;
  if (source?.case !== "rle") throw new Error("no mask");
  return decodeRle({ size: source.value.size ?? [], counts: source.value.counts ?? "" });
}

describe("X5 what is drawn in Label Studio", () => {
  it("is points in pixels, beside the object where Alt was held, in either form", () => {
    const points = [
      region("keypointlabels", { x: 50, y: 40.5 }, { is_positive: true }),
      region("keypointlabels", { x: 100, y: 100 }, { is_positive: false }),
      region("keypoint", { x: 0, y: 10, positive: false }),
      region("keypoint", { x: 100.0001, y: -0.0001 }),
    ];
    expect(promptsOf(points)).toEqual([
      {
        points: [
          { x: 100, y: 40.5, label: 1 },
          { x: 200, y: 100, label: 0 },
          { x: 0, y: 10, label: 0 },
          { x: 200, y: 0, label: 1 },
        ],
      },
    ]);
  });

  it("is the box around a rectangle, turned about its corner", () => {
    const [straight] = promptsOf([region("rectanglelabels", { x: 10, y: 20, width: 25, height: 30, rotation: 0 })]);
    expect(straight?.box).toEqual({ x0: 20, y0: 20, x1: 70, y1: 50 });
    const [turned] = promptsOf([region("rectanglelabels", { x: 50, y: 20, width: 10, height: 40, rotation: 90 })]);
    expect(turned?.box?.x0).toBeCloseTo(60);
    expect(turned?.box?.y1).toBeCloseTo(40);
  });

  it("is the box around an ellipse", () => {
    const [{ box } = {}] = promptsOf([
      region("ellipselabels", { x: 50, y: 50, radiusX: 10, radiusY: 30, rotation: 0 }),
    ]);
    expect([box?.x0, box?.y0, box?.x1, box?.y1].map((one) => Math.round(one ?? 0))).toEqual([80, 20, 120, 80]);
  });

  it("is a polygon's mask", () => {
    const [prompt] = promptsOf([
      region("polygonlabels", {
        points: [
          [10, 10],
          [30, 10],
          [30, 60],
          [10, 60],
        ],
      }),
    ]);
    expect(rleBoundingBox(maskOf(prompt!))).toEqual({ x: 20, y: 10, width: 40, height: 50 });
  });

  it("is the mask of all strokes of a brush, and points in those beside the object", () => {
    const [prompt, ...others] = promptsOf([
      region("brushlabels", { format: "rle", rle: stroke(0, 0) }),
      region("brushlabels", { format: "rle", rle: stroke(100, 50) }),
      region("brushlabels", { format: "rle", rle: stroke(150, 10) }, { is_positive: false }),
    ]);
    expect(others).toEqual([]);
    expect(rleArea(maskOf(prompt!))).toBe(800);
    expect(prompt?.points).toHaveLength(5);
    for (const { x = 0, y = 0, label } of prompt?.points ?? []) {
      expect([x >= 150 && x < 170, y >= 10 && y < 30, label]).toEqual([true, true, 0]);
    }
  });

  it("is an object for each of several areas, with the points in it", () => {
    const prompts = promptsOf([
      region("rectanglelabels", { x: 0, y: 0, width: 20, height: 50 }),
      region("rectanglelabels", { x: 50, y: 0, width: 20, height: 50 }),
      region("keypointlabels", { x: 60, y: 25 }),
    ]);
    expect(prompts.map(({ points }) => points?.length)).toEqual([0, 1]);
  });

  it("takes a box with points for one object, wherever they are", () => {
    const [prompt, ...others] = promptsOf([
      region("rectanglelabels", { x: 0, y: 0, width: 20, height: 50 }),
      region("keypointlabels", { x: 60, y: 25 }, { is_positive: false }),
    ]);
    expect([others.length, prompt?.points?.length]).toEqual([0, 1]);
  });

  it.each([
    ["nothing", []],
    ["a region of another kind", [region("textarea", {})]],
    [
      "a polygon of two corners",
      [
        region("polygonlabels", {
          points: [
            [1, 1],
            [2, 2],
          ],
        }),
      ],
    ],
    [
      "a brush of another picture",
      [region("brushlabels", { rle: encodeLabelStudioRle(bitmapToRle(new Uint8Array(4), 2, 2)) })],
    ],
    [
      "a polygon that has no end",
      [
        region("polygonlabels", {
          points: [
            [0, 0],
            [1e9, 0],
            [0, 1e9],
          ],
        }),
      ],
    ],
    ["more points than a prompt has", Array(129).fill(region("keypoint", { x: 1, y: 1 }))],
  ])("refuses %s with a sentence", (_name, regions) => {
    expect(() => promptsOf(regions)).toThrow(
      expect.objectContaining({ code: Code.INVALID_ARGUMENT, message: expect.stringMatching(/\.$/) }),
    );
  });
});
