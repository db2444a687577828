import fc from "fast-check";
import { expect, it } from "vitest";
import { Window } from "./window.js";

it("counts up to its limit in a time that begins with the first, then is empty", () => {
  const window = new Window(1000);
  expect(window.waitMs(3, 3, 500)).toBe(0);
  window.take(2, 3, 500);
  expect([window.waitMs(1, 3, 600), window.waitMs(2, 3, 600)]).toEqual([0, 900]);
  expect(window.state(3, 600)).toEqual({ used: 2, endsAt: 1500 });
  expect(window.waitMs(2, 3, 1499)).toBe(1);
  expect(window.waitMs(2, 3, 1500)).toBe(0);
  window.take(1, 3, 5000);
  expect(window.state(3, 5001)).toEqual({ used: 1, endsAt: 6000 });
});

it("lets through what is larger than the limit when nothing is used, and lasts longer for it", () => {
  const window = new Window(1000);
  expect(window.waitMs(25, 10, 0)).toBe(0);
  window.take(25, 10, 0);
  expect(window.waitMs(1, 10, 1)).toBe(2499);
  expect(window.waitMs(1, 10, 2500)).toBe(0);
});

it("takes back what was not needed, and never more than was taken", () => {
  const window = new Window(1000);
  window.take(10, 10, 0);
  window.take(-4, 10, 1);
  expect(window.waitMs(4, 10, 1)).toBe(0);
  window.take(-100, 10, 2);
  expect(window.state(10, 2).used).toBe(0);
});

it("knows no more than what was taken where nothing may be", () => {
  expect(new Window(1000).waitMs(1, 0, 0)).toBe(1000);
});

it("hears what others have taken, its own told among it", () => {
  const window = new Window(1000);
  window.take(2, 10, 0);
  expect(window.tell()).toBe(2);
  window.take(1, 10, 10);
  window.heard({ used: 9, endsAt: 700 }, 20);
  expect(window.state(10, 20)).toEqual({ used: 10, endsAt: 700 });
  expect(window.waitMs(1, 10, 20)).toBe(680);
  expect(window.tell()).toBe(1);
  window.notTold(1);
  expect(window.tell()).toBe(1);
});

const requests = fc.array(
  fc.record({ amount: fc.integer({ min: 1, max: 30 }), pauseMs: fc.integer({ min: 0, max: 900 }) }),
  { maxLength: 60 },
);

it("Q3: the time that it tells is true: the same passes then, and not a millisecond before", () => {
  fc.assert(
    fc.property(requests, fc.integer({ min: 1, max: 20 }), (all, limit) => {
      const window = new Window(1000);
      let now = 1;
      for (const { amount, pauseMs } of all) {
        now += pauseMs;
        const waitMs = window.waitMs(amount, limit, now);
        if (waitMs > 0) {
          expect(window.waitMs(amount, limit, now + waitMs - 1)).toBe(1);
          expect(window.waitMs(amount, limit, now + waitMs)).toBe(0);
          now += waitMs;
        }
        window.take(amount, limit, now);
      }
    }),
  );
});

it("Q1: however requests come, no more than the limit goes through in a window, but for one that is larger alone", () => {
  fc.assert(
    fc.property(requests, fc.integer({ min: 1, max: 20 }), (all, limit) => {
      const window = new Window(1000);
      let now = 1;
      let [begunAt, taken] = [Number.NEGATIVE_INFINITY, 0];
      for (const { amount, pauseMs } of all) {
        now += pauseMs;
        if (window.waitMs(amount, limit, now) > 0) continue;
        window.take(amount, limit, now);
        if (now >= begunAt + 1000) [begunAt, taken] = [now, 0];
        taken += amount;
        expect(taken <= limit || taken === amount).toBe(true);
      }
    }),
  );
});
