import { expect, it } from "vitest";
import { CallersPace } from "./callers-pace.js";

it("F7 holds back the sessions of a caller together, while others are there", () => {
  let now = 0;
  const callers = new CallersPace(() => now);
  const [first, second] = [callers.enter({ key: "a" }), callers.enter({ key: "a" })];
  first.pace.spend(60_000);
  expect(second.pace.take(0)).toBe(0);
  const other = callers.enter({ key: "b" });
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
  callers.enter({ key: "b" });
  expect(callers.enter({ key: "a" }).pace.take(0)).toBe(10_000);
});

it("F7 opens the sessions of a caller at the pace of its work, while others are there", () => {
  let now = 0;
  const callers = new CallersPace(() => now);
  const open = (key: string) => callers.admit({ key }) === 0 && callers.enter({ key });
  const many = Array.from({ length: 400 }, () => open("a"));
  expect(many.every(Boolean)).toBe(true);
  expect(open("b")).toBeTruthy();
  const more = Array.from({ length: 400 }, () => open("a"));
  expect(more.filter(Boolean)).toHaveLength(50);
  expect(open("b")).toBeTruthy();
  // Nor when each is closed before the next.
  for (const one of [...many, ...more]) if (one) one.leave();
  expect(callers.admit({ key: "a" })).toBeGreaterThan(0);
  now = 300;
  expect(Array.from({ length: 400 }, () => open("a")).filter(Boolean)).toHaveLength(50);
});

it("F7 holds back the callers of a tenant together, while another tenant is there", () => {
  const callers = new CallersPace(() => 0);
  const many = ["a", "b", "c"].map((key) => callers.enter({ key, tenant: "acme" }).pace);
  for (const pace of many) pace.spend(140);
  // Each has kept to its own part, and nobody of another tenant is there.
  expect(many.map((pace) => pace.take(1))).toEqual([0, 0, 0]);
  const other = callers.enter({ key: "d", tenant: "umbrella" }).pace;
  for (const pace of many) pace.spend(100);
  const waits = many.map((pace) => pace.take(1));
  expect(waits.every((waitMs) => waitMs > 0)).toBe(true);
  expect(other.take(1)).toBe(0);
  // What is too much for the tenant is taken from no caller's own part.
  const fresh = callers.enter({ key: "e", tenant: "acme" }).pace;
  expect([fresh.take(1) > 0, fresh.take(1) > 0]).toEqual([true, true]);
});
