import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Openings } from "./openings.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** One session of caller a each 10 ms, others at any time. */
function create() {
  let next = 0;
  const admit = ({ key }: { key: string }) => {
    if (key !== "a") return 0;
    const waitMs = Math.max(0, next - Date.now());
    if (waitMs === 0) next = Date.now() + 10;
    return waitMs;
  };
  const openings = new Openings(admit);
  const opened: string[] = [];
  const enter = (caller: string, name: string) => openings.enter({ key: caller }, () => opened.push(name));
  return { openings, opened, enter };
}

describe("F7: sessions of a caller that come too fast", () => {
  it("are opened one after the other, in their order, and nobody else's later for it", () => {
    const { opened, enter } = create();
    for (const name of ["a1", "a2", "a3"]) enter("a", name);
    enter("b", "b1");
    expect(opened).toEqual(["a1", "b1"]);
    vi.advanceTimersByTime(10);
    expect(opened).toEqual(["a1", "b1", "a2"]);
    enter("a", "a4");
    vi.advanceTimersByTime(20);
    expect(opened).toEqual(["a1", "b1", "a2", "a3", "a4"]);
    vi.advanceTimersByTime(100);
    enter("a", "a5");
    expect(opened.at(-1)).toBe("a5");
  });

  it("are refused when too many wait already", () => {
    const { opened, enter } = create();
    const taken = Array.from({ length: 100 }, (_, index) => enter("a", `a${index}`));
    expect(taken.filter(Boolean)).toHaveLength(65);
    expect(enter("b", "b1")).toBe(true);
    vi.advanceTimersByTime(10_000);
    expect(opened).toHaveLength(66);
    expect(enter("a", "again")).toBe(true);
  });

  it("wait no longer when the gateway stops", () => {
    const { openings, opened, enter } = create();
    for (const name of ["a1", "a2", "a3"]) enter("a", name);
    openings.close();
    expect(opened).toEqual(["a1", "a2", "a3"]);
    vi.advanceTimersByTime(1000);
    expect(opened).toHaveLength(3);
  });
});
