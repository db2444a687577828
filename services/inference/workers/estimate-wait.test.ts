import { expect, it } from "vitest";
import { estimateWait, leftOf } from "./estimate-wait.js";

it.each([
  ["one worker that has just begun", [1000], [1000, 2000, 3000]],
  ["one worker that is nearly done", [100], [100, 1100, 2100]],
  ["one worker that takes longer than others did", [0], [0, 1000, 2000]],
  ["two workers at different points", [700, 200], [200, 700, 1200, 1700]],
  ["three, one of them free", [500, 0, 1000], [0, 500, 1000, 1000, 1500]],
  ["none at present", [], [1000, 2000]],
])("%s", (_name, leftMs, expected) => {
  expect(expected.map((_, index) => estimateWait(index + 1, 1000, leftMs))).toEqual(expected);
});

it("is what one works out by playing it through", () => {
  const taskMs = 800;
  const leftMs = [130, 790, 0, 455];
  const free = [...leftMs];
  for (let place = 1; place <= 20; place++) {
    const first = free.indexOf(Math.min(...free));
    expect(estimateWait(place, taskMs, leftMs)).toBe(free[first]);
    free[first] = (free[first] as number) + taskMs;
  }
});

it("knows what is left of a task", () => {
  expect([leftOf(1000, 0), leftOf(1000, 300), leftOf(1000, 1300)]).toEqual([1000, 700, 0]);
});
