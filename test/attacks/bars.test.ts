import { describe, expect, it } from "vitest";
import type { Part, ProcessReport, Report } from "./arena/report.js";
import { barsOf, linesOfBars, planOf } from "./bars.js";
import { attacks } from "./list/index.js";

const clicks = { clicks: 100, refused: 0, lost: 0, p50Ms: 15, p95Ms: 20, longestMs: 50 };
const look = { descriptors: 30, kinds: {}, residentMiB: 400, heapMiB: 50, keptMiB: 100, workerLosses: 0 };
const process: ProcessReport = {
  role: "gateway",
  limitMiB: 512,
  end: undefined,
  before: look,
  mostMiB: 450,
  after: look,
  stallMs: 12,
};
const report = (part: Partial<Part>, more: Partial<Report> = {}): Report => ({
  seed: 1,
  parts: [{ attack: "knock", unit: "knocks", tried: 100, answered: 90, refused: 10, ...part }],
  crashes: 0,
  processes: [process],
  leakedDescriptors: 0,
  longestStallMs: 12,
  good: { alone: clicks, during: clicks, after: clicks },
  problems: 0,
  failures: [],
  repeat: "",
  ...more,
});
const enough = [
  report({ attack: "fuzz-binary-frames", tried: 60_000 }),
  report({ attack: "fuzz-json-frames", tried: 40_000 }),
  report({ attack: "fuzz-calls", tried: 50_000 }),
  report({ attack: "fuzz-uploads", tried: 10_000 }),
];
const slow = { alone: clicks, during: { ...clicks, p95Ms: 61 }, after: clicks };

function missed(...reports: Report[]): string[] {
  return barsOf(reports).flatMap(({ bar, passed }) => (passed ? [] : [bar]));
}

describe("the bars of the long form", () => {
  it("are met by what harms nobody, whatever was refused", () => {
    expect(missed(...enough)).toEqual([]);
    expect(missed(...enough, report({ refused: 95 }, { good: slow }))).toEqual([]);
  });

  it.each<[string, Partial<Report>]>([
    ["crashes and lost workers", { crashes: 1 }],
    ["leaked descriptors", { leakedDescriptors: 2 }],
    [
      "clicks of the good client that were lost",
      { good: { alone: clicks, during: clicks, after: { ...clicks, lost: 1 } } },
    ],
    ["answers that are not as documented", { problems: 1 }],
    ["memory that stays", { processes: [process, { ...process, after: { ...look, residentMiB: 440 } }] }],
    ["the good client's p95", { good: slow }],
  ])("%s: none is made up for by the other attacks", (bar, more) => {
    expect(missed(...enough, report({}, more))).toEqual([bar]);
  });

  it("ask for as many of each kind as they say", () => {
    expect(missed(...enough.slice(1))).toEqual(["frames tried"]);
    expect(missed(report({}))).toEqual(["frames tried", "calls tried", "uploads tried"]);
  });

  it("ask for no kind that was not wanted, and for all of one that was", () => {
    const bars = (...reports: Report[]) => barsOf(reports, true).flatMap(({ bar, passed }) => (passed ? [] : [bar]));
    expect(bars(report({}))).toEqual([]);
    expect(bars(report({ attack: "fuzz-calls", tried: 100 }))).toEqual(["calls tried"]);
  });

  it("are told with the attack that is furthest from them", () => {
    const bars = barsOf([...enough, report({ attack: "slow-one" }, { good: slow })]);
    expect(linesOfBars(bars)).toContain(
      "FAILED  the good client's p95: 3.0x (slow-one) (wanted: at most 3x alone, or refused at the door)",
    );
  });
});

describe("what is played for them", () => {
  const { counted, others } = planOf(attacks);

  it("is every attack once, and as much of each kind as they ask for", () => {
    const names = [...counted.flat(), ...others].map(({ name }) => name);
    expect(names.toSorted()).toEqual(attacks.map(({ name }) => name).toSorted());
    const parts = counted.flat().map(({ name, count }) => report({ attack: name, tried: count }));
    expect(missed(...parts)).toEqual([]);
  });

  it("is of some attacks those, together with whom they go", () => {
    const some = planOf(
      attacks.filter(({ name }) => ["fuzz-uploads", "fuzz-json-frames", "slow-names"].includes(name)),
    );
    expect(some.counted.map((group) => group.map(({ name }) => name))).toEqual([["fuzz-json-frames", "fuzz-uploads"]]);
    expect(some.others.map(({ name }) => name)).toEqual(["slow-names"]);
  });

  it("is played at once only in one setting", () => {
    for (const group of counted)
      expect(new Set(group.map(({ setting, env }) => JSON.stringify([setting, env]))).size).toBe(1);
  });
});
