import { expect, it } from "vitest";
import { secondsOf } from "./numbers.js";

it.each([
  [0, "–"],
  [0.004, "< 0.1"],
  [0.05, "0.1"],
  [14.24, "14.2"],
])("%d s of work read as %s", (value, shown) => {
  expect(secondsOf(value)).toBe(shown);
});
