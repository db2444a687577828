import { describe, expect, it } from "vitest";
import { checkRuns, rleArea, rleToBitmap } from "../../proto/index.js";
import { coverPolygon, coverStroke } from "./cover.js";

const size = { width: 40, height: 30 };

/** Pixel by pixel, from the meaning of the word: nearer to the way than the brush is wide. */
function underStroke(trail: readonly { x: number; y: number; radius: number }[]): Uint8Array {
  return Uint8Array.from({ length: size.width * size.height }, (_, at) => {
    const [px, py] = [(at % size.width) + 0.5, Math.floor(at / size.width) + 0.5];
    return trail.some((to, i) => {
      const from = trail[i - 1] ?? to;
      const [dx, dy] = [to.x - from.x, to.y - from.y];
      const along = dx === 0 && dy === 0 ? 0 : ((px - from.x) * dx + (py - from.y) * dy) / (dx * dx + dy * dy);
      const t = Math.min(1, Math.max(0, along));
      return Math.hypot(px - from.x - t * dx, py - from.y - t * dy) < to.radius;
    })
      ? 1
      : 0;
  });
}

describe("a stroke", () => {
  it.each([
    ["a dab", [{ x: 20.2, y: 15.1, radius: 6 }]],
    [
      "a slanted line",
      [
        { x: 5, y: 5, radius: 3.1 },
        { x: 33.3, y: 21.7, radius: 3.1 },
      ],
    ],
    [
      "straight down",
      [
        { x: 12, y: 2, radius: 2.6 },
        { x: 12, y: 25, radius: 2.6 },
      ],
    ],
    [
      "there and back over itself",
      [
        { x: 5, y: 8, radius: 4.1 },
        { x: 30, y: 9, radius: 4.1 },
        { x: 28, y: 20, radius: 4.1 },
        { x: 6, y: 6, radius: 4.1 },
      ],
    ],
    [
      "beyond the picture's edges",
      [
        { x: -5, y: -3, radius: 9.1 },
        { x: 50, y: 33, radius: 9.1 },
      ],
    ],
  ])("covers what lies under the brush: %s", (_name, trail) => {
    const covered = coverStroke(trail, size);
    checkRuns(covered);
    expect([...rleToBitmap(covered)]).toEqual([...underStroke(trail)]);
  });

  it("covers nothing beside the picture", () => {
    expect(rleArea(coverStroke([{ x: 90, y: 90, radius: 10 }], size))).toBe(0);
    expect(rleArea(coverStroke([], size))).toBe(0);
  });

  it("grows and shrinks with the pressure on the way", () => {
    const column = (x: number) => {
      const bitmap = rleToBitmap(
        coverStroke(
          [
            { x: 5, y: 15, radius: 2 },
            { x: 35, y: 15, radius: 12 },
          ],
          size,
        ),
      );
      return Array.from({ length: size.height }, (_, y) => bitmap[y * size.width + x]!).reduce((a, b) => a + b);
    };
    expect(column(8)).toBeLessThan(column(20));
    expect(column(20)).toBeLessThan(column(34));
  });
});

describe("a lasso", () => {
  it("covers its inside to the pixel, whichever way round it went", () => {
    const corners = [
      { x: 4, y: 3 },
      { x: 14, y: 3 },
      { x: 14, y: 12 },
      { x: 4, y: 12 },
    ];
    for (const way of [corners, corners.toReversed()]) expect(rleArea(coverPolygon(way, size))).toBe(10 * 9);
  });

  it("has no hole where its end crosses its beginning", () => {
    const twice = [
      { x: 5, y: 5 },
      { x: 25, y: 5 },
      { x: 25, y: 20 },
      { x: 5, y: 20 },
      { x: 5, y: 4 },
      { x: 15, y: 4 },
      { x: 15, y: 21 },
      { x: 5, y: 21 },
    ];
    const bitmap = rleToBitmap(coverPolygon(twice, size));
    expect(bitmap[10 * size.width + 10]).toBe(1);
    expect(bitmap[10 * size.width + 20]).toBe(1);
    expect(bitmap[10 * size.width + 30]).toBe(0);
  });

  it("keeps to the picture", () => {
    const around = [
      { x: -10, y: -10 },
      { x: 60, y: -10 },
      { x: 60, y: 60 },
      { x: -10, y: 60 },
    ];
    expect(rleArea(coverPolygon(around, size))).toBe(size.width * size.height);
  });

  it("is nothing when it is a line", () => {
    expect(
      rleArea(
        coverPolygon(
          [
            { x: 3, y: 3 },
            { x: 20, y: 20 },
          ],
          size,
        ),
      ),
    ).toBe(0);
  });
});
