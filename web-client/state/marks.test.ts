import { describe, expect, it } from "vitest";
import { bitmapToRle, type MaskRuns } from "../../proto/index.js";
import { marksOf } from "./marks.js";

function draw(width: number, height: number, isIn: (x: number, y: number) => boolean): MaskRuns {
  const bitmap = Uint8Array.from({ length: width * height }, (_, at) =>
    isIn(at % width, Math.floor(at / width)) ? 1 : 0,
  );
  return bitmapToRle(bitmap, width, height);
}

describe("the marks of a stroke", () => {
  it("begin in the middle of a disc", () => {
    const [mark] = marksOf(
      draw(400, 300, (x, y) => Math.hypot(x - 150, y - 120) < 80),
      1,
      1,
    );
    expect(Math.hypot(mark!.x - 150, mark!.y - 120)).toBeLessThan(5);
    expect(mark!.label).toBe(1);
  });

  it("lie inside, apart from each other, and no more than asked for", () => {
    const isIn = (x: number, y: number) => Math.abs(y - 100 - 40 * Math.sin(x / 40)) < 14 && x > 20 && x < 380;
    const marks = marksOf(draw(400, 200, isIn), 0, 6);
    expect(marks).toHaveLength(6);
    for (const [at, { x, y, label }] of marks.entries()) {
      expect([isIn(x, y), label]).toEqual([true, 0]);
      for (const other of marks.slice(0, at)) expect(Math.hypot(x - other.x, y - other.y)).toBeGreaterThan(14);
    }
  });

  it("find the deepest part, not the largest", () => {
    const isIn = (x: number, y: number) => (x < 300 && y > 90 && y < 100) || Math.hypot(x - 340, y - 40) < 30;
    const [mark] = marksOf(draw(400, 120, isIn), 1, 1);
    expect(Math.hypot(mark!.x - 340, mark!.y - 40)).toBeLessThan(8);
  });

  it("are there for a single pixel and for a hair, at any size", () => {
    expect(
      marksOf(
        draw(50, 40, (x, y) => x === 49 && y === 39),
        1,
        3,
      ),
    ).toEqual([{ x: 49, y: 39, label: 1 }]);
    expect(
      marksOf(
        draw(2000, 1000, (x, y) => y === 501 && x > 100 && x < 1900),
        1,
        3,
      ).length,
    ).toBeGreaterThan(0);
  });

  it("are none of nothing", () => {
    expect(
      marksOf(
        draw(50, 40, () => false),
        1,
        3,
      ),
    ).toEqual([]);
  });
});
