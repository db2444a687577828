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

describe("X16 a ring as ragged as a sender likes", () => {
  /** Teeth of one height: each is as far from any side as all others. */
  const comb = (teeth: number): Corner[] => [
    ...Array.from({ length: 2 * teeth }, (_, i): Corner => [i, 9 * (i % 2)]),
    [2 * teeth, 20],
    [0, 20],
  ];

  it.each([0, 4])("is simplified, to within %i pixels, with looks that grow as its corners do", (tolerance) => {
    const corners = comb(2500);
    let looks = 0;
    const counted = new Proxy(corners, {
      get: (target, key, self) => {
        looks++;
        return Reflect.get(target, key, self) as unknown;
      },
    });
    const simple = simplify(counted, tolerance);
    expect(looks).toBeLessThan(150 * corners.length);
    for (const one of corners.filter((_, i) => i % 20 < 2)) {
      const nearest = Math.min(...simple.map((from, i) => distance(one, from, simple[(i + 1) % simple.length]!)));
      expect(nearest).toBeLessThanOrEqual(tolerance + 1e-9);
    }
  });

  it("has a box around it", () => {
    expect(boxAround(comb(200_000))).toEqual({ x0: 0, y0: 0, x1: 400_000, y1: 20 });
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
