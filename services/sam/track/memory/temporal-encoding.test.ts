import { expect, it } from "vitest";
import { temporalEncoding } from "./temporal-encoding.js";

/** Each output is one input, and its place besides. */
const identity = {
  weight: Float32Array.from({ length: 64 }, (_, at) => (Math.floor(at / 8) === at % 8 ? 1 : 0)),
  bias: Float32Array.from({ length: 8 }, (_, at) => at),
};

it("is sines and cosines of the distance at rising wavelengths, through a linear layer", () => {
  const found = temporalEncoding(15, identity);
  const waves = [1, 1, 0.01, 0.01].map((step) => 1 * step);
  const expected = [...waves.map(Math.sin), ...waves.map(Math.cos)];
  for (const [at, wave] of expected.entries()) expect(found[at]! - at).toBeCloseTo(wave, 5);
});

it("tells frames ahead from frames behind", () => {
  const [ahead, behind] = [temporalEncoding(-3, identity), temporalEncoding(3, identity)];
  expect(ahead[0]).toBeCloseTo(-behind[0]!, 5);
  expect(ahead[4]).toBeCloseTo(behind[4]!, 5);
});
