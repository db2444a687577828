import { describe, expect, it } from "vitest";
import { drawnFrames, resampled, resampledCount, timesOf } from "./frame-times.js";

describe("frames that are taken so many times a second", () => {
  const shown = (times: number[], endMs: number, fps: number) =>
    resampled(times, fps, resampledCount(endMs, fps)).map(({ frame }) => frame);

  it("are those that are shown then: some twice, others never", () => {
    expect(shown([0, 100, 200, 300], 400, 5)).toEqual([0, 2]);
    expect(shown([0, 100, 200, 300], 400, 20)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(shown([0, 30, 1000], 1500, 2)).toEqual([0, 1, 2]);
  });

  it("are one at least", () => {
    expect(shown([0, 20], 40, 1)).toEqual([0]);
  });

  it("are no more than are asked for, however long the last is shown", () => {
    expect(resampled([0, 100], 1000, 3)).toEqual([
      { frame: 0, timeMs: 0 },
      { frame: 0, timeMs: 1 },
      { frame: 0, timeMs: 2 },
    ]);
  });

  it("end when the last has been shown as long as it is", () => {
    expect(timesOf([40, 0, 10], 4)).toEqual({ times: [0, 40, 140, 240], endMs: 340 });
  });
});

it("frames that are drawn for strips of others are all from the first on, for each strip again", () => {
  expect(drawnFrames([0, 1, 2, 3], 4)).toBe(4);
  expect(drawnFrames([0, 1, 2, 3], 2)).toBe(2 + 4);
  expect(drawnFrames([0, 1, 2, 3], 1)).toBe(1 + 2 + 3 + 4);
  expect(drawnFrames([0, 0, 7, 7], 2)).toBe(2 + 9);
});
