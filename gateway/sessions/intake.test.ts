import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TokenBucket } from "../../services/runtime/limits/token-bucket.js";
import { Intake, type Pace } from "./intake.js";

const unlimited: Pace = { take: () => 0, spend: () => {}, isFull: true };

let told: string[];
/** How long the session works on each frame. */
let workMs: number;
/** All that it has worked so far: the timers' own clock stands still meanwhile. */
let workedMs: number;

beforeEach(() => {
  vi.useFakeTimers();
  [told, workMs, workedMs] = [[], 0, 0];
});
afterEach(() => {
  vi.useRealTimers();
});

const now = () => performance.now() + workedMs;
const bucket = (perSecond: number, burst: number) => new TokenBucket({ perSecond, burst, now });

function intake(limits: Partial<Record<"frames" | "bytes" | "work", Pace>>): Intake {
  const { frames = unlimited, bytes = unlimited, work = unlimited } = limits;
  return new Intake({
    frames,
    bytes,
    work: [work],
    deliver: (data) => {
      told.push(String(data[0]));
      workedMs += workMs;
    },
    pause: () => told.push("pause"),
    resume: () => told.push("resume"),
    onSlowed: (waitMs) => told.push(`slowed ${waitMs}`),
    onTooFast: () => told.push("too fast"),
    now,
  });
}

const frame = (name: number, bytes = 1) => new Uint8Array(bytes).fill(name);

const wait = (ms: number) => vi.advanceTimersByTime(ms);

describe("F7 a session's frames", () => {
  it("go through at once within its pace", () => {
    const one = intake({ frames: bucket(10, 3) });
    for (const name of [1, 2, 3]) one.take(frame(name), "binary");
    expect(told).toEqual(["1", "2", "3"]);
  });

  it("that come faster are read later, all of them in their order, and the session is told once", () => {
    const one = intake({ frames: bucket(10, 1) });
    for (const name of [1, 2, 3]) one.take(frame(name), "binary");
    expect(told).toEqual(["1", "slowed 100", "pause"]);
    wait(99);
    expect(told).toHaveLength(3);
    wait(1);
    expect(told.slice(3)).toEqual(["2", "pause"]);
    wait(100);
    expect(told.slice(5)).toEqual(["3", "resume"]);
  });

  it("count by their bytes too, and pay nothing twice while they wait", () => {
    const one = intake({ frames: bucket(1, 2), bytes: bucket(100, 100) });
    one.take(frame(1, 100), "binary");
    one.take(frame(2, 50), "binary");
    expect(told).toEqual(["1", "slowed 500", "pause"]);
    wait(500);
    expect(told.slice(3)).toEqual(["2", "resume"]);
    wait(2000);
    one.take(frame(3, 25), "text");
    one.take(frame(4, 50), "binary");
    expect(told.slice(5)).toEqual(["3", "slowed 500", "pause"]);
  });

  it("count by the work that they turn out to be", () => {
    workMs = 30;
    const one = intake({ work: bucket(100, 10) });
    one.take(frame(1), "text");
    one.take(frame(2), "text");
    expect(told).toEqual(["1", "slowed 200", "pause"]);
    wait(200);
    expect(told.slice(3)).toEqual(["2", "resume"]);
  });

  it("end the session when they have come too fast for a minute on end, and not after a rest", () => {
    const one = intake({ frames: bucket(10, 10) });
    const rush = (seconds: number) => {
      for (let tenths = 0; tenths < 10 * seconds && !told.includes("too fast"); tenths++) {
        for (const name of [1, 2]) one.take(frame(name), "binary");
        wait(100);
      }
    };
    rush(25);
    // What is held goes through, and the bucket fills again.
    wait(40_000);
    rush(25);
    expect(told).not.toContain("too fast");
    rush(40);
    // The end of the connection is still to be read, and nothing else.
    expect(told.slice(-2)).toEqual(["too fast", "resume"]);
    const before = told.length;
    wait(100_000);
    one.take(frame(3), "binary");
    expect(told).toHaveLength(before);
  });
});
