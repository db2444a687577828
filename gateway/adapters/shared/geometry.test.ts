import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boxAround, type Corner, simplify } from "./geometry.js";

describe("a simpler ring", () => {
  const point = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 }));
  it("has no corner of its own, and leaves none out that lies farther away than it may", () => {
    fc.assert(
      fc.property(
        fc.array(point, { minLength: 3, maxLength: 40 }),
        fc.integer({ min: 0, max: 8 }),
        (ring, tolerance) => {
          const simple = simplify(ring, tolerance);
          for (const one of simple) expect(ring).toContain(one);
          for (const one of ring) {
            const nearest = Math.min(...simple.map((from, i) => distance(one, from, simple[(i + 1) % simple.length]!)));
            expect(nearest).toBeLessThanOrEqual(tolerance + 1e-9);
          }
        },
      ),
    );
  });

  it("keeps the corners of a rectangle alone", () => {
    const along = (from: number, to: number) =>
      Array.from({ length: Math.abs(to - from) }, (_, i) => from + i * Math.sign(to - from));
    const ring: Corner[] = [
      ...along(0, 9).map((x): Corner => [x, 0]),
      ...along(0, 5).map((y): Corner => [9, y]),
      ...along(9, 0).map((x): Corner => [x, 5]),
      ...along(5, 0).map((y): Corner => [0, y]),
    ];
    expect(simplify(ring, 0.5)).toEqual([
      [0, 0],
      [9, 0],
      [9, 5],
      [0, 5],
    ]);
  });
});

it("the box around points has all of them", () => {
  expect(
    boxAround([
      [3, 9],
      [1, 12],
      [2, 4],
    ]),
  ).toEqual({ x0: 1, y0: 4, x1: 3, y1: 12 });
});

function distance([x, y]: Corner, [ax, ay]: Corner, [bx, by]: Corner): number {
  const length = (bx - ax) ** 2 + (by - ay) ** 2;
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length));
  return Math.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay));
}
