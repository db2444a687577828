import { describe, expect, it } from "vitest";
import type { Failure, StepResult } from "./results.js";
import { summaryOf } from "./summary.js";

const failure = (test: string, lines: number): Failure => ({
  test,
  message: Array.from({ length: lines }, (_, line) => `${test} says ${line + 1}`),
});
const chaos = (...failed: Failure[]): StepResult => ({
  step: "chaos",
  seconds: 150.4,
  processorSeconds: 231.6,
  files: [
    {
      file: "dist/test/chaos/chaos.test.js",
      seconds: 149,
      processorSeconds: 229.7,
      passed: ["one", "two"],
      failed,
      skipped: 0,
    },
  ],
});
const types: StepResult = {
  step: "types",
  seconds: 1,
  files: [{ file: "npx tsc -b", seconds: 1, passed: ["npx tsc -b"], failed: [], skipped: 0 }],
};

describe("the summary", () => {
  it("names the slowest files, then every step, and ends with the total", () => {
    expect(summaryOf([types, chaos()])).toEqual([
      "  149.0 s  dist/test/chaos/chaos.test.js, 230 s of processors",
      "    1.0 s  npx tsc -b",
      "",
      "types: 1 passed, 0 failed (1 s)",
      "chaos: 2 passed, 0 failed (150 s, 232 s of processors)",
      "3 passed, 0 failed",
    ]);
  });

  it("counts what was skipped", () => {
    const skipped = { ...types, files: [{ ...types.files[0]!, passed: [], skipped: 2 }] };
    expect(summaryOf([skipped]).at(-1)).toBe("0 passed, 0 failed, 2 skipped");
  });

  it("says of each failed test its step, file and name, and the first twelve lines of what it said", () => {
    const lines = summaryOf([types, chaos(failure("a click is lost", 30))]);
    expect(lines.slice(2, 6)).toEqual([
      "",
      "FAILED chaos: dist/test/chaos/chaos.test.js > a click is lost",
      "    a click is lost says 1",
      "    a click is lost says 2",
    ]);
    expect(lines.filter((line) => line.startsWith("    a click")).length).toBe(12);
    expect(lines.slice(-3)).toEqual([
      "types: 1 passed, 0 failed (1 s)",
      "chaos: 2 passed, 1 failed (150 s, 232 s of processors)",
      "3 passed, 1 failed",
    ]);
  });

  it.each([1, 7, 30, 70])("of %i failures names all in its last 100 lines", (count) => {
    const failures = Array.from({ length: count }, (_, i) => failure(`test ${i}`, 40));
    const last = summaryOf([types, chaos(...failures)]).slice(-100);
    for (const { test } of failures) expect(last).toContain(`FAILED chaos: dist/test/chaos/chaos.test.js > ${test}`);
    expect(last.length).toBeLessThan(100);
  });
});
