import { expect, it } from "vitest";
import { sinePositions } from "./sine-positions.js";

it("says the row by the first half of the channels, the column by the second", () => {
  const [side, channels] = [4, 8];
  const positions = sinePositions(side, channels);
  expect(positions).toHaveLength(side * side * channels);
  const of = (x: number, y: number) => [
    ...positions.subarray((y * side + x) * channels, (y * side + x + 1) * channels),
  ];
  const turn = (place: number) => ((place + 1) / side) * 2 * Math.PI;
  // Two wavelengths, of which the second is 100 times as long, each with a sine and a cosine.
  const wanted = (place: number) =>
    [turn(place), turn(place) / 100].flatMap((angle) => [Math.sin(angle), Math.cos(angle)]);
  for (const [at, value] of [...wanted(2), ...wanted(1)].entries()) expect(of(1, 2)[at]).toBeCloseTo(value, 4);
});
