import { expect, it } from "vitest";
import { CallersPace } from "./callers-pace.js";

it("F7 holds back the sessions of a caller together, while others are there", () => {
  let now = 0;
  const callers = new CallersPace(() => now);
  const [first, second] = [callers.enter("a"), callers.enter("a")];
  first.pace.spend(60_000);
  expect(second.pace.take(0)).toBe(0);
  const other = callers.enter("b");
  // What was done alone is no debt.
  expect([first.pace.take(0), second.pace.take(0), other.pace.take(0)]).toEqual([0, 0, 0]);
  first.pace.spend(1000);
  expect([first.pace.take(0), second.pace.take(0), other.pace.take(0)]).toEqual([1000, 1000, 0]);
  now = 1000;
  expect(second.pace.take(0)).toBe(0);
  second.pace.spend(5000);
  other.leave();
  expect(second.pace.take(0)).toBe(0);
  first.leave();
  second.leave();
  callers.enter("b");
  expect(callers.enter("a").pace.take(0)).toBe(0);
});

it("F7 counts every new session of a caller as work", () => {
  const callers = new CallersPace(() => 0);
  const other = callers.enter("b");
  const many = Array.from({ length: 200 }, () => callers.enter("a"));
  expect(many[0]?.pace.take(0)).toBe(200);
  expect(other.pace.take(0)).toBe(0);
});
