import { expect, it } from "vitest";
import { frameFor } from "../../frame.js";
import { centred, channelMeans, tokensOf, toLengthOne } from "./tokens.js";

// Eight cells a side, of which a picture of two to one has the upper four rows.
const frame = frameFor(200, 100, { modelSize: 128, gridSize: 32 });
const values = Float32Array.from({ length: 2 * 64 }, (_, at) => at);

it("takes the cells that hold the picture, cell by cell", () => {
  const tokens = tokensOf({ values, side: 8 }, frame);
  expect(tokens).toMatchObject({ columns: 8, rows: 4, channels: 2 });
  expect([...tokens.values]).toEqual(Array.from({ length: 32 }, (_, cell) => [cell, cell + 64]).flat());
});

it("compares cells by what they do not all have in common", () => {
  const tokens = { channels: 2, values: Float32Array.of(3, 10, 5, 10) };
  const means = channelMeans(tokens);
  expect([...means]).toEqual([4, 10]);
  expect([...toLengthOne(centred(tokens, means), 2)]).toEqual([-1, 0, 1, 0]);
  // One that is all in common is like nothing.
  expect([...toLengthOne(centred(tokens, Float32Array.of(3, 10)), 2)]).toEqual([0, 0, 1, 0]);
});
