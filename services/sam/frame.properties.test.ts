import fc from "fast-check";
import { expect, it } from "vitest";
import { axisSamples, contentGrid, type Frame, frameFor, type ResizeRule, toModel } from "./frame.js";

const sides = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 20_000 }));
const rules = fc.constantFrom<ResizeRule>("letterbox", "stretch");
const frames = fc.tuple(sides, sides, rules).map(([width, height, resize]) => frameFor(width, height, { resize }));
const shares = fc.double({ min: 0, max: 1, noNaN: true });

it("lies within the model's square and reaches its edge", () => {
  fc.assert(
    fc.property(frames, ({ contentWidth, contentHeight, modelSize }) => {
      for (const side of [contentWidth, contentHeight]) expect(side >= 1 && side <= modelSize).toBe(true);
      expect(Math.max(contentWidth, contentHeight)).toBe(modelSize);
    }),
  );
});

it("takes every point of the picture into it, keeps their order, and leads back to them", () => {
  fc.assert(
    fc.property(frames, shares, shares, (frame, across, down) => {
      const [x, y] = [across * frame.pictureWidth, down * frame.pictureHeight];
      const point = toModel(frame, x, y);
      expect(point.x).toBeLessThanOrEqual(frame.contentWidth * (1 + 1e-12));
      expect(point.y).toBeLessThanOrEqual(frame.contentHeight * (1 + 1e-12));
      expect((point.x / frame.contentWidth) * frame.pictureWidth).toBeCloseTo(x, 6);
      expect((point.y / frame.contentHeight) * frame.pictureHeight).toBeCloseTo(y, 6);
      const further = toModel(frame, x + 1, y + 1);
      expect(further.x > point.x && further.y > point.y).toBe(true);
    }),
  );
});

it("has for every pixel two nodes on the mask's grid, in order, between which it lies", () => {
  const checkAxis = (frame: Frame, axis: "x" | "y") => {
    const { nodeCells, nodeWeights, weights, starts } = axisSamples(frame, axis);
    const picture = axis === "x" ? frame.pictureWidth : frame.pictureHeight;
    expect(weights.length).toBe(picture);
    expect(nodeCells.every((cell) => cell <= frame.gridSize - 2)).toBe(true);
    expect([...nodeWeights, ...weights].every((weight) => weight >= 0 && weight <= 1)).toBe(true);
    const places = Array.from(nodeCells, (cell, node) => cell + (nodeWeights[node] as number));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect([...starts]).toEqual([...starts].sort((a, b) => a - b));
    expect(starts[0]).toBe(0);
  };
  fc.assert(
    fc.property(frames, (frame) => {
      checkAxis(frame, "x");
      checkAxis(frame, "y");
      const { columns, rows } = contentGrid(frame);
      for (const cells of [columns, rows]) expect(cells >= 1 && cells <= frame.gridSize).toBe(true);
    }),
    { numRuns: 50 },
  );
});

it("is refused for what is no size, by name", () => {
  const odd = fc.oneof(
    fc.constantFrom(0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53),
    fc.integer({ max: 0 }),
  );
  fc.assert(
    fc.property(odd, sides, (side, other) => {
      expect(() => frameFor(side, other)).toThrow(RangeError);
    }),
  );
});
