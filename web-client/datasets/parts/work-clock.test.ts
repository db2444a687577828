import { describe, expect, it } from "vitest";
import { acted, lapped, longestPauseMs, stoppedClock, type WorkClock } from "./work-clock.js";

const clockAt = (...timesMs: number[]): WorkClock => timesMs.reduce(acted, stoppedClock);

describe("the time a mask takes", () => {
  it.each([
    ["nothing before the first act", [1_000], 0],
    ["what lies between acts", [1_000, 2_500, 4_000], 3_000],
    ["a pause as long as one may be", [0, longestPauseMs], longestPauseMs],
    ["nothing of a longer one", [0, longestPauseMs + 1], 0],
    ["what is done after it", [0, 1_000, 60_000, 61_000], 2_000],
    ["nothing of a clock that runs back", [5_000, 1_000, 2_000], 1_000],
  ])("counts %s", (_, timesMs, workedMs) => {
    expect(clockAt(...timesMs).workedMs).toBe(workedMs);
  });

  it("ends with the act that finishes the mask, and begins anew with it", () => {
    const [seconds, next] = lapped(clockAt(0, 2_000), 3_460);
    expect(seconds).toBe(3.5);
    expect(lapped(acted(next, 4_460), 5_460)[0]).toBe(2);
  });
});
