import { describe, expect, it } from "vitest";
import { type Change, judge, type OverloadState, readingsToBegin, readingsToEnd } from "./overload-state.js";
import { type Action, type Reading, thresholdsOf } from "./thresholds.js";

const thresholds = thresholdsOf({ loopDelayMs: 100, memoryShare: 0.8 });
const calm: Reading = { loopDelayMs: 5, memory: 0.3, heap: 0.2 };

/** The same reading so many times. @returns the actions that are on, and all changes on the way. */
function outcomeOf(...steps: [Partial<Reading>, number][]) {
  let state: OverloadState = new Map();
  const changes: Change[] = [];
  for (const [reading, times] of steps) {
    for (let i = 0; i < times; i++) {
      const next = judge(state, { ...calm, ...reading }, thresholds);
      state = next.state;
      changes.push(...next.changes);
    }
  }
  const on = [...state].flatMap(([action, { isOn }]) => (isOn ? [action] : []));
  return { on, changes };
}

describe("O1: what is refused", () => {
  it.each<[Partial<Reading>, Action[]]>([
    [{}, []],
    [{ loopDelayMs: 99 }, []],
    [{ loopDelayMs: 100 }, ["refuse-previews"]],
    [{ loopDelayMs: 150 }, ["refuse-previews", "refuse-everything"]],
    [{ loopDelayMs: 200 }, ["refuse-previews", "refuse-everything", "refuse-uploads"]],
    [{ loopDelayMs: 300 }, ["refuse-previews", "refuse-everything", "refuse-uploads", "refuse-sessions"]],
    [
      { loopDelayMs: 400 },
      ["refuse-previews", "refuse-everything", "refuse-uploads", "refuse-sessions", "refuse-clicks"],
    ],
    [{ memory: 0.79 }, []],
    [{ memory: 0.81 }, ["shrink-caches"]],
    [{ memory: 0.85 }, ["shrink-caches", "disconnect-idle", "refuse-everything"]],
    [{ memory: 0.89 }, ["shrink-caches", "disconnect-idle", "refuse-everything", "refuse-uploads"]],
    [
      { memory: 0.95 },
      ["shrink-caches", "disconnect-idle", "refuse-previews", "refuse-everything", "refuse-uploads", "refuse-sessions"],
    ],
    [
      { memory: 0.97 },
      [
        "shrink-caches",
        "disconnect-idle",
        "refuse-previews",
        "refuse-everything",
        "refuse-uploads",
        "refuse-sessions",
        "refuse-clicks",
      ],
    ],
    [{ heap: 0.89 }, ["shrink-caches", "disconnect-idle", "refuse-everything", "refuse-uploads"]],
    [{ heap: 0.85, loopDelayMs: 100 }, ["shrink-caches", "disconnect-idle", "refuse-previews", "refuse-everything"]],
  ])("at %j is %j", (reading, expected) => {
    expect(outcomeOf([reading, readingsToBegin]).on).toEqual(expected);
  });
});

describe("an action", () => {
  it("begins after some readings in a row, with the one that is the reason", () => {
    expect(outcomeOf([{ loopDelayMs: 120 }, readingsToBegin - 1]).on).toEqual([]);
    expect(outcomeOf([{ loopDelayMs: 120 }, readingsToBegin]).changes).toEqual([
      { action: "refuse-previews", isOn: true, monitor: "loopDelayMs" },
    ]);
  });

  it("does not begin for single readings, as long as they may be", () => {
    const single: [Partial<Reading>, number][] = [
      [{ loopDelayMs: 60_000 }, readingsToBegin - 1],
      [{}, 1],
    ];
    expect(outcomeOf(...single, ...single, ...single).changes).toEqual([]);
  });

  it("goes on between its marks, and ends after some readings below the lower one", () => {
    const begun: [Partial<Reading>, number] = [{ loopDelayMs: 120 }, readingsToBegin];
    expect(outcomeOf(begun, [{ loopDelayMs: 60 }, 1000]).on).toEqual(["refuse-previews"]);
    expect(outcomeOf(begun, [{ loopDelayMs: 40 }, readingsToEnd - 1], [{ loopDelayMs: 60 }, 1], [{}, 1]).on).toEqual([
      "refuse-previews",
    ]);
    const ended = outcomeOf(begun, [{ loopDelayMs: 40 }, readingsToEnd]);
    expect(ended.on).toEqual([]);
    expect(ended.changes.at(-1)).toMatchObject({ action: "refuse-previews", isOn: false });
  });

  it("ends only when each of its monitors is low", () => {
    const begun: [Partial<Reading>, number] = [{ loopDelayMs: 160 }, readingsToBegin];
    expect(outcomeOf(begun, [{ memory: 0.82 }, 1000]).on).toEqual(["shrink-caches", "refuse-everything"]);
  });

  it("begins never by memory when the share is all of it", () => {
    const never = thresholdsOf({ loopDelayMs: 100, memoryShare: 1 });
    let state: OverloadState = new Map();
    for (let i = 0; i < 100; i++) state = judge(state, { ...calm, memory: 0.999, heap: 0.999 }, never).state;
    expect([...state.values()].some(({ isOn }) => isOn)).toBe(false);
  });
});
