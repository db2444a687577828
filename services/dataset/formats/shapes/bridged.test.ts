import { expect, it } from "vitest";
import { isExactly, type MaskRuns, polygonsOf, RunsBuilder } from "../../../../proto/index.js";
import { bridged } from "./bridged.js";

/** A square with holes of a pixel, so many in a row and a column. */
function lattice(holes: number): MaskRuns {
  const side = 2 * holes + 1;
  const builder = new RunsBuilder();
  for (let x = 0; x < side; x++) {
    if (x % 2 === 0) builder.add(x * side, (x + 1) * side);
    else for (let y = 0; y < side; y += 2) builder.add(x * side + y, x * side + y + 1);
  }
  return { width: side, height: side, runs: builder.finish(side * side) };
}

it.each([3, 30])("says %s x %s holes by one ring, pixel by pixel", (holes) => {
  const mask = lattice(holes);
  const { outer, holes: rings } = polygonsOf(mask);
  expect([outer.length, rings.length]).toEqual([1, holes * holes]);
  expect(isExactly([bridged([...outer, ...rings])], mask)).toBe(true);
});

it("moves no corner twice, however many rings there are", () => {
  const { outer, holes } = polygonsOf(lattice(140));
  let read = 0;
  const counted = [...outer, ...holes].map(
    (ring) =>
      new Proxy(ring, {
        get: (target, key) => {
          if (typeof key === "string" && /^\d+$/.test(key)) read++;
          return Reflect.get(target, key);
        },
      }),
  );
  const numbers = [...outer, ...holes].reduce((sum, ring) => sum + ring.length, 0);
  const one = bridged(counted);
  expect(one).toHaveLength(numbers + 4 * holes.length);
  expect(read).toBeLessThan(2 * numbers);
});

it("goes by the nearest corner, in the order of the way", () => {
  const around = [0, 0, 9, 0, 9, 9, 0, 9];
  const [left, right] = [
    [2, 2, 2, 3, 3, 3, 3, 2],
    [7, 2, 7, 3, 8, 3, 8, 2],
  ];
  expect(bridged([around, left ?? [], right ?? []])).toEqual([
    ...[0, 0, ...(left ?? []), 2, 2, 0, 0],
    ...[9, 0, ...(right ?? []), 7, 2, 9, 0],
    ...[9, 9, 0, 9],
  ]);
});
