import { expect, it } from "vitest";
import { flowBetween, type Grey } from "./flow.js";

/** A pattern without an end, seen from another place. */
const seen = (left: number, top: number): Grey => {
  const [width, height] = [96, 64];
  const values = Float32Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [(at % width) + left, Math.floor(at / width) + top];
    return 128 + 50 * Math.sin(x / 5) * Math.cos(y / 7) + 40 * Math.sin((x + 2 * y) / 11);
  });
  return { width, height, values };
};

it("finds where pixels were", () => {
  const { x, y } = flowBetween(seen(3, -2), seen(0, 0));
  const inside = [...x.keys()].filter((at) => at % 96 > 16 && at % 96 < 80 && at > 96 * 16 && at < 96 * 48);
  const mean = (values: Float32Array) => inside.reduce((sum, at) => sum + values[at]!, 0) / inside.length;
  expect(mean(x)).toBeCloseTo(3, 0);
  expect(mean(y)).toBeCloseTo(-2, 0);
});
