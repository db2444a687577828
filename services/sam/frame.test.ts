import { describe, expect, it } from "vitest";
import { axisSamples, contentGrid, frameFor, toModel } from "./frame.js";

describe("frameFor", () => {
  // Worked out with int(side * scale + 0.5), scale = 1024 / longer side.
  it.each([
    [1500, 2250, 683, 1024],
    [2250, 1500, 1024, 683],
    [640, 427, 1024, 683],
    [1800, 1200, 1024, 683],
    [300, 200, 1024, 683],
    [1024, 1024, 1024, 1024],
    [3, 1000, 3, 1024],
    [2048, 1, 1024, 1],
    [1, 1, 1024, 1024],
  ])("letterboxes %i x %i to %i x %i", (width, height, contentWidth, contentHeight) => {
    expect(frameFor(width, height)).toEqual({
      pictureWidth: width,
      pictureHeight: height,
      modelSize: 1024,
      contentWidth,
      contentHeight,
      gridSize: 256,
    });
  });

  it("keeps one pixel of a side that would vanish", () => {
    expect(frameFor(1, 5000).contentWidth).toBe(1);
  });

  it("stretches both sides", () => {
    expect(frameFor(640, 427, { resize: "stretch", modelSize: 512, gridSize: 128 })).toMatchObject({
      contentWidth: 512,
      contentHeight: 512,
    });
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses a side of %d", (side) => {
    expect(() => frameFor(side, 10)).toThrow(RangeError);
    expect(() => frameFor(10, side)).toThrow(RangeError);
  });
});

it("scales points by the ratio of the rounded sides", () => {
  expect(toModel(frameFor(640, 427), 640, 427)).toEqual({ x: 1024, y: 427 * (683 / 427) });
  expect(toModel(frameFor(640, 427, { resize: "stretch" }), 320, 427)).toEqual({ x: 512, y: 1024 });
});

it("counts the cells whose centre is in the picture", () => {
  expect(contentGrid(frameFor(640, 427))).toEqual({ columns: 256, rows: 171 });
  expect(contentGrid(frameFor(3, 1000))).toEqual({ columns: 1, rows: 256 });
  expect(contentGrid(frameFor(640, 427, { resize: "stretch" }))).toEqual({ columns: 256, rows: 256 });
});

describe("axisSamples", () => {
  it("has a node at the first and at the last model pixel of each grid cell", () => {
    const { nodeCells, nodeWeights } = axisSamples(frameFor(1024, 1024), "x");
    // Model pixels 0 and 1 are clamped to the first cell's centre; 2 to 5 lie in the first cell, 6 to 9 in the second.
    expect(Array.from(nodeCells.slice(0, 6))).toEqual([0, 0, 0, 0, 1, 1]);
    expect(Array.from(nodeWeights.slice(0, 6))).toEqual([0, 0, 0.125, 0.875, 0.125, 0.875]);
    expect([nodeCells.at(-1), nodeWeights.at(-1)]).toEqual([254, 1]);
  });

  it("puts every pixel of a picture of the frame's own size on a model pixel", () => {
    const { nodeCells, nodeWeights, weights, starts } = axisSamples(frameFor(1024, 1024), "x");
    const places = Array.from({ length: 1024 }, (_, i) => {
      const node = starts.findLastIndex((start, at) => start <= i && at < starts.length - 1);
      const place = (at: number) => nodeCells[at]! + nodeWeights[at]!;
      return place(node) * (1 - weights[i]!) + place(node + 1) * weights[i]!;
    });
    for (const [i, place] of places.entries()) {
      expect(place).toBeCloseTo(Math.min(Math.max((i + 0.5) / 4 - 0.5, 0), 255), 10);
    }
  });

  it("stops at the content's last model pixel, as the crop between Meta's two resizes does", () => {
    const { nodeCells, nodeWeights, weights, starts } = axisSamples(frameFor(4000, 2000), "y");
    // Model pixel 511 lies at (511 + 0.5) / 4 - 0.5 = 127.375 on the grid.
    expect([nodeCells.at(-1), nodeWeights.at(-1)]).toEqual([127, 0.375]);
    expect(weights[1999]).toBe(1);
    expect(starts.at(-1)).toBe(2000);
  });

  it("never falls, and weighs within 0 and 1", () => {
    for (const size of [1, 2, 3, 7, 255, 1023, 1025, 4001]) {
      const { weights, starts } = axisSamples(frameFor(size, 1500), "x");
      for (let node = 0; node < starts.length - 1; node++) {
        const between = Array.from(weights.slice(starts[node], starts[node + 1]));
        expect(between).toEqual(between.toSorted((a, b) => a - b));
        expect(between.every((weight) => weight >= 0 && weight <= 1)).toBe(true);
      }
      expect(starts.at(-1)).toBe(size);
    }
  });

  it("needs two cells", () => {
    expect(() => axisSamples(frameFor(4, 4, { gridSize: 1 }), "x")).toThrow(RangeError);
  });
});
