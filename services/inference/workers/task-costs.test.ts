import { expect, it } from "vitest";
import { TaskCosts } from "./task-costs.js";

it("A4 is what a kind takes beside the mean of all, and 1 until that was measured", () => {
  const costs = new TaskCosts();
  expect(costs.of("large")).toBe(1);
  for (let count = 0; count < 50; count++) {
    costs.measured("large", 300, 10_000);
    costs.measured("small", 100, 10_000);
  }
  expect(costs.of("large") / costs.of("small")).toBeCloseTo(3);
  expect(costs.of("never seen")).toBe(1);
});

it("stays within bounds, whatever was measured", () => {
  const costs = new TaskCosts();
  costs.measured("odd", 1e9, 1e9);
  for (let count = 0; count < 50; count++) costs.measured("usual", 1, 1000);
  expect(costs.of("odd")).toBe(8);
  costs.measured("nothing", 0, 1000);
  expect(costs.of("nothing")).toBe(1);
});
