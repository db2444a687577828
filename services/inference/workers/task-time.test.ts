import { expect, it } from "vitest";
import { TaskTime } from "./task-time.js";

it("is what was guessed until a task was measured, and then their moving average", () => {
  const time = new TaskTime();
  expect(time.ms).toBe(0);
  time.guess(50);
  expect(time.ms).toBe(50);
  time.measured(100, 1000);
  expect(time.ms).toBe(100);
  time.guess(7);
  expect(time.ms).toBe(100);
  time.measured(200, 1000);
  expect(time.ms).toBeCloseTo(120);
  time.measured(1_000_000, 320);
  expect(time.ms).toBeCloseTo(160);
});
