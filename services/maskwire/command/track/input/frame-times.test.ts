import { describe, expect, it } from "vitest";
import { resampled, timesOf } from "./frame-times.js";

describe("frames that are taken so many times a second", () => {
  const shown = (times: number[], endMs: number, fps: number) => resampled(times, endMs, fps).map(({ frame }) => frame);

  it("are those that are shown then: some twice, others never", () => {
    expect(shown([0, 100, 200, 300], 400, 5)).toEqual([0, 2]);
    expect(shown([0, 100, 200, 300], 400, 20)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(shown([0, 30, 1000], 1500, 2)).toEqual([0, 1, 2]);
  });

  it("are one at least", () => {
    expect(shown([0, 20], 40, 1)).toEqual([0]);
  });

  it("end when the last has been shown as long as it is", () => {
    expect(timesOf([40, 0, 10], 4)).toEqual({ times: [0, 40, 140, 240], endMs: 340 });
  });
});
