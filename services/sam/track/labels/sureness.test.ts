import { expect, it } from "vitest";
import { Nearest } from "./nearest.js";
import { surenessOf } from "./sureness.js";

/** Four of six cells were looked for, each in a frame of one cell that is so much like it. */
function looked(likeness: number[]) {
  const nearest = new Nearest({ columns: 6, rows: 1 }, Uint32Array.of(0, 1, 2, 3));
  const cosines = new Float32Array(4 * 6).fill(-1);
  for (const [at, alike] of likeness.entries()) cosines[at * 6] = alike;
  nearest.look(cosines, { top: 0, bottom: 1 }, 0, Number.POSITIVE_INFINITY);
  return nearest;
}
/** The first two cells are the object's. */
const labels = Float32Array.of(1, 0.9, 0, 0, 0, 0);

it("is unsure of cells that are like nothing, and sure of those that are as like as the frame is", () => {
  const sure = surenessOf(looked([0.8, 0.8, 0.7, 0.99]), labels, 0.99);
  expect(sure[2]).toBe(0);
  expect(sure[3]).toBeCloseTo(1);
  expect(sure[0]).toBeGreaterThan(0);
  expect(sure[0]).toBeLessThan(0.5);
});

it("is sure of all that is as like as the object is, where the frame is no more so", () => {
  expect([...surenessOf(looked([0.8, 0.8, 0.8, 0.85]), labels, 0.8)].every((one) => one > 0.99)).toBe(true);
});

it("is sure of what was not looked for, and of everything where nothing is the object's", () => {
  expect([...surenessOf(looked([0.8, 0.8, 0.7, 0.9]), labels, 0.9).subarray(4)]).toEqual([1, 1]);
  expect([...surenessOf(looked([0.1, 0.1, 0.1, 0.1]), new Float32Array(6), 0.9)]).toEqual(Array(6).fill(1));
});
