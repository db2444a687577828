import { expect, it } from "vitest";
import { combineMasks, rleArea } from "../../../proto/index.js";
import { randomNumbers } from "../../../proto/testing/random-numbers.js";
import { frameFor } from "../frame.js";
import { traceMask } from "../masks/trace-mask.js";
import { divide } from "./divide.js";

it("gives a place to the one that is surest of it", () => {
  const masks = [Float32Array.of(5, 1, -1, -7), Float32Array.of(3, 4, -2, 6), Float32Array.of(-9, -1, -3, 6)];
  divide(masks);
  expect(masks.map((one) => [...one])).toEqual([
    [5, -4, -1, -7],
    [-5, 4, -2, 6],
    [-9, -4, -3, -6],
  ]);
  const alone = [Float32Array.of(5, -1)];
  divide(alone);
  expect([...alone[0]!]).toEqual([5, -1]);
});

it("leaves no pixel to two of them, however much finer the picture is than the grid", () => {
  const random = randomNumbers(11);
  const frame = frameFor(333, 217, { modelSize: 64, gridSize: 16 });
  for (let turn = 0; turn < 20; turn++) {
    const masks = Array.from({ length: 3 }, () => Float32Array.from({ length: 16 * 16 }, () => 20 * (random() - 0.5)));
    divide(masks);
    const traced = masks.map((logits) => traceMask(logits, frame));
    for (const [index, one] of traced.entries())
      for (const other of traced.slice(index + 1)) expect(rleArea(combineMasks(one, other, "intersection"))).toBe(0);
  }
});
