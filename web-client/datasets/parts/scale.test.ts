import { expect, it } from "vitest";
import { niceMost } from "./scale.js";

it.each([
  [0, 0],
  [-3, 0],
  [1, 1],
  [1.2, 1.5],
  [14, 15],
  [17, 20],
  [99, 100],
  [101, 150],
  [0.94, 1],
  [0.03, 0.03],
])("ends a scale for %s at %s", (value, most) => {
  expect(niceMost(value)).toBeCloseTo(most, 10);
});
