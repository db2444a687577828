import { expect, it } from "vitest";
import { paced } from "./pace.js";

const taken = (times: number[], fps: number | undefined) => times.filter(paced(fps));

it("takes every frame, or those that are shown when their time comes", () => {
  const times = Array.from({ length: 10 }, (_, at) => 500 + at * 40);
  expect(taken(times, undefined)).toEqual(times);
  expect(taken(times, 5)).toEqual([500, 700]);
  expect(taken(times, 12.5)).toEqual([500, 580, 660, 740, 820]);
  expect(taken(times, 100)).toEqual(times);
  // As cameras round them.
  expect(taken([0, 33.3, 66.7, 100, 133.3, 166.7, 200], 10)).toEqual([0, 100, 200]);
});
