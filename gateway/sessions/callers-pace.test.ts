import { expect, it } from "vitest";
import { CallersPace } from "./callers-pace.js";

it("F7 holds back the sessions of a caller together, while others are there", () => {
  let now = 0;
  const callers = new CallersPace(() => now);
  const [first, second] = [callers.enter("a"), callers.enter("a")];
  first.pace.spend(1500);
  expect(second.pace.take(0)).toBe(0);
  const other = callers.enter("b");
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
