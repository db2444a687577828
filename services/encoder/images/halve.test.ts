import { expect, it } from "vitest";
import { halve } from "./halve.js";

it("takes the mean of four pixels, channel by channel", () => {
  const data = Uint8Array.of(0, 100, 4, 100, 8, 200, 8, 0);
  expect(halve({ data, width: 2, height: 2, channels: 2 })).toEqual({
    data: Uint8Array.of(5, 100),
    width: 1,
    height: 1,
    channels: 2,
  });
});

it("takes those that there are at an odd edge", () => {
  const data = Uint8Array.of(10, 20, 90, 30, 40, 91, 50, 70, 200);
  const { data: half, width, height } = halve({ data, width: 3, height: 3, channels: 1 });
  expect([width, height, [...half]]).toEqual([2, 2, [25, 91, 60, 200]]);
});
