import { expect, it } from "vitest";
import { bitmapToRle } from "../../../../proto/index.js";
import { foundMask, knownMask, noMask } from "./memory-mask.js";

it("is inside or outside where it is known, on a frame that the picture fills by both sides", () => {
  // The left quarter of a picture that is twice as wide as high.
  const mask = bitmapToRle(
    Uint8Array.from({ length: 32 }, (_, at) => (at % 8 < 2 ? 1 : 0)),
    8,
    4,
  );
  const rows = Array.from({ length: 4 }, () => [10, -10, -10, -10]).flat();
  expect([...knownMask(mask, 4)]).toEqual(rows);
});

it("is as sure as the model was where it was found, bilinear between the grid's cells", () => {
  const found = foundMask(Float32Array.of(2, -2, 2, -2), 4);
  const sure = (logit: number) => 20 / (1 + Math.exp(-logit)) - 10;
  for (const [at, logit] of [2, 1, -1, -2].entries()) expect(found[at]).toBeCloseTo(sure(logit), 5);
  expect([...found.subarray(12)]).toEqual([...found.subarray(0, 4)]);
});

it("is outside everywhere where the object is not", () => {
  expect([...noMask(2)]).toEqual([-10, -10, -10, -10]);
});
