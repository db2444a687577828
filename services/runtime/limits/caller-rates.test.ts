import { expect, it } from "vitest";
import { CallerRates } from "./caller-rates.js";

it("keeps callers apart", () => {
  const rates = new CallerRates({ perSecond: 10, burst: 2, now: () => 0 });
  expect([1, 2, 3].map(() => rates.of("a").take())).toEqual([0, 0, 100]);
  expect(rates.of("b").take()).toBe(0);
});

it("keeps those who come again, however many come once", () => {
  const rates = new CallerRates({ perSecond: 1, burst: 1, now: () => 0 });
  rates.of("a").take();
  for (let index = 0; index < 30_000; index++) {
    rates.of(`passer-by ${index}`).take();
    if (index % 5000 === 0) expect(rates.of("a").take()).toBe(1000);
  }
  expect(rates.of("passer-by 0").take()).toBe(0);
});
