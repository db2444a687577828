import { expect, it } from "vitest";
import { cropBoxes, cropDefaults } from "./crop-boxes.js";

it("is the whole picture without layers", () => {
  expect(cropBoxes(640, 480, 0, cropDefaults.overlapRatio)).toEqual([
    { x: 0, y: 0, width: 640, height: 480, layer: 0 },
  ]);
});

// Worked out by hand from generate_crop_boxes: overlap int(512/1500 * 480) = 163, width ceil((163 + 640) / 2) = 402,
// height ceil((163 + 480) / 2) = 322.
it("has Meta's four parts in its first layer", () => {
  expect(cropBoxes(640, 480, 1, cropDefaults.overlapRatio).slice(1)).toEqual([
    { x: 0, y: 0, width: 402, height: 322, layer: 1 },
    { x: 0, y: 159, width: 402, height: 321, layer: 1 },
    { x: 239, y: 0, width: 401, height: 322, layer: 1 },
    { x: 239, y: 159, width: 401, height: 321, layer: 1 },
  ]);
});

it.each([
  [640, 480, 3],
  [31, 4000, 2],
  [1801, 1199, 3],
])("covers all of a picture of %d x %d with every layer up to %d", (width, height, layers) => {
  const boxes = cropBoxes(width, height, layers, cropDefaults.overlapRatio);
  for (let layer = 0; layer <= layers; layer++) {
    const parts = boxes.filter((box) => box.layer === layer);
    expect(parts.length).toBeLessThanOrEqual(4 ** layer);
    for (const { x, y, width: w, height: h } of parts) {
      expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
      expect(Math.min(w, h)).toBeGreaterThan(0);
      expect(x + w).toBeLessThanOrEqual(width);
      expect(y + h).toBeLessThanOrEqual(height);
    }
    // Both axes are cut alike for every row and column, so that covering the edges' lines covers the area.
    const covers = (length: number, spans: [number, number][]) =>
      Array.from({ length }, (_, at) => at).every((at) => spans.some(([from, to]) => at >= from && at < to));
    expect(
      covers(
        width,
        parts.map(({ x, width: w }) => [x, x + w]),
      ),
    ).toBe(true);
    expect(
      covers(
        height,
        parts.map(({ y, height: h }) => [y, y + h]),
      ),
    ).toBe(true);
  }
});

it("has no part twice, however small the picture", () => {
  expect(cropBoxes(1, 1, 3, cropDefaults.overlapRatio)).toHaveLength(1);
  for (let width = 1; width <= 8; width++) {
    for (let height = 1; height <= 8; height++) {
      for (const overlap of [0, cropDefaults.overlapRatio, 0.9]) {
        const places = cropBoxes(width, height, 3, overlap).map(({ layer: _, ...place }) => JSON.stringify(place));
        expect(new Set(places).size).toBe(places.length);
      }
    }
  }
});
