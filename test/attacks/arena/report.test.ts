import { describe, expect, it } from "vitest";
import type { Attack } from "../attack.js";
import { attacks } from "../list/index.js";
import { limitsOf } from "./manifest-limits.js";
import { linesOf, type ProcessReport, reportOf } from "./report.js";

const attack: Attack = {
  name: "knock",
  title: "",
  setting: "single",
  unit: "knocks",
  count: 7,
  short: 1,
  run: async () => {},
};
const clicks = { clicks: 20, refused: 0, lost: 0, p50Ms: 20, p95Ms: 30, longestMs: 40 };
const look = { descriptors: 30, kinds: {}, residentMiB: 400, heapMiB: 50, keptMiB: 100, workerLosses: 0 };
const unharmed: ProcessReport = {
  role: "gateway",
  limitMiB: 512,
  end: undefined,
  before: look,
  mostMiB: 450,
  after: { ...look },
  stallMs: 12,
};
const scale = {
  seed: 5,
  countOf: ({ count }: Attack) => count,
  mostMs: 1,
  aloneMs: 1,
  settleMs: 1,
  judgesFigures: true,
};
const counts = { tried: 7, refused: 3, answered: 4, problems: [] as string[] };

function failures(process: Partial<ProcessReport> = {}, during: Partial<typeof clicks> = {}, problems: string[] = []) {
  const processes = [{ ...unharmed, ...process }];
  const seen = { counts: [{ ...counts, problems }], alone: clicks, during: { ...clicks, ...during }, after: clicks };
  return reportOf([attack], { ...seen, processes, scale }).failures;
}

describe("the report of an attack", () => {
  it("passes what harms nobody", () => {
    expect(failures()).toEqual([]);
    // Its files fill a group to its limit, and are let go of.
    expect(failures({ group: { mostMiB: 512, kills: 0 } })).toEqual([]);
    // What caches keep on purpose is no growth.
    expect(failures({ after: { ...look, residentMiB: 600, keptMiB: 290 } })).toEqual([]);
    // What levels off is none either: the second time has added little.
    expect(failures({ after: { ...look, residentMiB: 440 }, again: { ...look, residentMiB: 465 } })).toEqual([]);
  });

  it.each([
    ["a process that ended", { end: "SIGABRT: heap", after: undefined }, {}],
    ["a process that the kernel ended", { group: { mostMiB: 512, kills: 1 } }, {}],
    ["a lost worker", { after: { ...look, workerLosses: 1 } }, {}],
    ["a descriptor that stays", { after: { ...look, descriptors: 31 } }, {}],
    ["more memory than the manifest allows", { mostMiB: 513 }, {}],
    ["memory that stays", { after: { ...look, residentMiB: 440 } }, {}],
    ["memory that stays each time", { after: { ...look, residentMiB: 500 }, again: { ...look, residentMiB: 535 } }, {}],
    ["a click that is lost", {}, { lost: 1 }],
    ["clicks that are refused", {}, { refused: 2 }],
    ["clicks that wait", {}, { p95Ms: 91 }],
  ])("fails for %s", (_what, process, during) => {
    expect(failures(process, during)).toHaveLength(1);
  });

  it("says of which kind the descriptors are that stay", () => {
    const before = { ...look, descriptors: 3, kinds: { "socket established": 2, "pipe:[#]": 1 } };
    const after = {
      ...look,
      descriptors: 4,
      kinds: { "socket established": 1, "socket close-wait": 2, "pipe:[#]": 1 },
    };
    expect(failures({ before, after })).toEqual([
      "the gateway process still has 1 descriptors more than before: socket close-wait +2",
    ]);
  });

  it("fails when its preparations left no time to try anything", () => {
    const seen = { counts: [{ ...counts, tried: 0 }], alone: clicks, during: clicks, after: clicks };
    expect(reportOf([attack], { ...seen, processes: [unharmed], scale }).failures).toEqual([
      "nothing was tried by knock",
    ]);
  });

  it("fails for an answer that is not as documented, and says how to repeat it", () => {
    expect(failures({}, {}, ["a message of 900 characters"])).toEqual(["a message of 900 characters"]);
    const seen = { counts: [{ ...counts, problems: ["odd"] }], alone: clicks, during: clicks, after: clicks };
    const report = reportOf([attack], { ...seen, processes: [unharmed], scale });
    expect(linesOf(report)).toContain("npm run -s attack -- knock --seed 5 --count 7");
  });
});

describe("the list", () => {
  it("has a name of its own for each, and those of one setting together", () => {
    const names = attacks.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]{4,20}$/);
    const starts = attacks.filter(({ setting }, index) => setting !== attacks[index - 1]?.setting);
    expect(starts.length).toBeLessThanOrEqual(2);
  });

  it("takes what a process may take from its manifest", () => {
    expect(limitsOf("gateway")).toEqual({ memoryMiB: 512, heapMiB: 256 });
  });
});
