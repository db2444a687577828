import { expect, it } from "vitest";
import { frameFor } from "../frame.js";
import { channelMeans, comparable, tokensOf } from "./tokens.js";

// Eight cells a side, of which a picture of two to one has the upper four rows.
const frame = frameFor(200, 100, { modelSize: 128, gridSize: 32 });
const values = Float32Array.from({ length: 2 * 64 }, (_, at) => at);

it("takes the cells that hold the picture, channel by channel", () => {
  const tokens = tokensOf({ values, side: 8 }, frame);
  expect(tokens).toMatchObject({ columns: 8, rows: 4, channels: 2 });
  expect([...tokens.values.subarray(0, 32)]).toEqual([...values.subarray(0, 32)]);
  expect([...tokens.values.subarray(32)]).toEqual([...values.subarray(64, 96)]);
});

it("compares cells by what they do not all have in common", () => {
  const tokens = { columns: 2, rows: 1, channels: 2, values: Float32Array.of(3, 5, 10, 10) };
  const means = channelMeans(tokens);
  expect([...means]).toEqual([4, 10]);
  expect([...comparable(tokens, means)]).toEqual([-1, 1, 0, 0]);
  // One that is all in common is like nothing.
  expect([...comparable(tokens, Float32Array.of(3, 10))]).toEqual([0, 1, 0, 0]);
});
