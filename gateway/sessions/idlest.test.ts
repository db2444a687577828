import { describe, expect, it } from "vitest";
import { idlest } from "./idlest.js";

const now = 1_000_000;
const quiet = (seconds: number, isWaiting = false) => ({ quietSince: now - 1000 * seconds, isWaiting });

describe("O4: the sessions that are closed when memory runs short", () => {
  it("are those that have been idle longest, some at a time", () => {
    const sessions = Array.from({ length: 41 }, (_, index) => quiet(((index * 7) % 41) + 60));
    expect(idlest(sessions, now)).toEqual([quiet(100), quiet(99), quiet(98)]);
    expect(idlest(sessions.slice(0, 1), now)).toHaveLength(1);
    expect(idlest([], now)).toEqual([]);
  });

  it("are none for which something is still to come, and none that was heard a moment ago", () => {
    expect(idlest([quiet(500, true), quiet(29), quiet(30)], now)).toEqual([quiet(30)]);
    expect(idlest([quiet(500, true), quiet(29)], now)).toEqual([]);
  });
});
