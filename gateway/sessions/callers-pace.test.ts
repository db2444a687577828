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
  expect([first.pace.take(0), second.pace.take(0), other.pace.take(0)]).toEqual([1700, 1700, 0]);
  now = 1700;
  expect(second.pace.take(0)).toBe(0);
  second.pace.spend(5000);
  other.leave();
  expect(second.pace.take(0)).toBe(0);
  first.leave();
  second.leave();
  // What it did beside others is a debt, whoever leaves meanwhile.
  callers.enter("b");
  expect(callers.enter("a").pace.take(0)).toBe(10_000);
});

it("F7 opens the sessions of a caller at the pace of its work, while others are there", () => {
  let now = 0;
  const callers = new CallersPace(() => now);
  const open = (caller: string) => callers.admit(caller) === 0 && callers.enter(caller);
  const many = Array.from({ length: 400 }, () => open("a"));
  expect(many.every(Boolean)).toBe(true);
  expect(open("b")).toBeTruthy();
  const more = Array.from({ length: 400 }, () => open("a"));
  expect(more.filter(Boolean)).toHaveLength(50);
  expect(open("b")).toBeTruthy();
  // Nor when each is closed before the next.
  for (const one of [...many, ...more]) if (one) one.leave();
  expect(callers.admit("a")).toBeGreaterThan(0);
  now = 300;
  expect(Array.from({ length: 400 }, () => open("a")).filter(Boolean)).toHaveLength(50);
});
