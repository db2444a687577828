import { describe, expect, it } from "vitest";
import { filesToRepeat, repeated } from "./again.js";
import { failedAsAWhole } from "./failures.js";
import { type FileResult, outcomeOf, type StepResult } from "./results.js";
import { summaryOf } from "./summary.js";

const result = (file: string, passed: string[], failed: string[]): FileResult => ({
  file,
  seconds: 1,
  passed,
  failed: failed.map((test) => ({ test, message: [`${test} is why`] })),
  skipped: 0,
});
const step = (name: string, ...files: FileResult[]): StepResult => ({ step: name, seconds: 100, files });
const clusters = (name: string) => name !== "unit";

describe("files that run once more", () => {
  it("are those that failed in steps with whole clusters, each once", () => {
    const steps = [
      step("unit", result("a.test.js", [], ["x"])),
      step("chaos", result("b.test.js", ["x"], []), result("c.test.js", [], ["x"])),
      step("browser", result("d.test.js", ["x"], ["y"]), failedAsAWhole("d.test.js", "outside every test")),
    ];
    expect(filesToRepeat(steps, clusters)).toEqual([
      { step: "chaos", file: "c.test.js" },
      { step: "browser", file: "d.test.js" },
    ]);
  });

  it("are three at most: of more none", () => {
    const failing = (count: number) => [
      step("end-to-end", ...Array.from({ length: count }, (_, i) => result(`${i}.test.js`, [], ["x"]))),
    ];
    expect(filesToRepeat(failing(3), clusters).length).toBe(3);
    expect(filesToRepeat(failing(4), clusters)).toEqual([]);
  });

  it("do not count what is no file", () => {
    expect(filesToRepeat([step("chaos", failedAsAWhole("project chaos", "ended"))], clusters)).toEqual([]);
  });
});

describe("a step after a file ran once more", () => {
  const before = step("chaos", result("a.test.js", ["one"], ["two", "three"]), result("b.test.js", ["four"], []));

  it("counts what passes then as passed, and names it loudly", () => {
    const after = repeated(before, "a.test.js", [result("a.test.js", ["one", "two", "three"], [])], 20);
    expect(outcomeOf(after.files)).toEqual({ passed: 4, failed: 0, skipped: 0 });
    const lines = summaryOf([after]);
    expect(lines).toContain("flaky: a.test.js two");
    expect(lines).toContain("    two is why");
    expect(lines).toContain("flaky: a.test.js three");
    expect(lines.slice(-2)).toEqual([
      "chaos: 4 passed, 0 failed (120 s), 2 of them FLAKY: failed at first",
      "4 passed, 0 failed",
    ]);
  });

  it("fails for what fails again, and for what fails now", () => {
    const after = repeated(before, "a.test.js", [result("a.test.js", ["two"], ["one", "three"])], 20);
    expect(outcomeOf(after.files)).toEqual({ passed: 2, failed: 2, skipped: 0 });
    const lines = summaryOf([after]);
    expect(lines.filter((line) => line.startsWith("flaky: "))).toEqual(["flaky: a.test.js two"]);
    expect(lines.filter((line) => line.startsWith("FAILED "))).toEqual([
      "FAILED chaos: a.test.js > one",
      "FAILED chaos: a.test.js > three",
    ]);
  });

  it("takes back what failed outside the tests when nothing fails any more", () => {
    const leaking = step("chaos", result("a.test.js", ["one"], []), failedAsAWhole("a.test.js", "outside every test"));
    const after = repeated(leaking, "a.test.js", [result("a.test.js", ["one"], [])], 20);
    expect(outcomeOf(after.files)).toEqual({ passed: 1, failed: 0, skipped: 0 });
    expect(summaryOf([after])).toContain("flaky: a.test.js outside every test");
  });

  it("stays failed when the file came to no results", () => {
    const after = repeated(before, "a.test.js", [failedAsAWhole("project chaos", "ended with SIGKILL")], 20);
    expect(outcomeOf(after.files)).toEqual({ passed: 2, failed: 3, skipped: 0 });
    expect(repeated(before, "a.test.js", [], 20).files).toEqual(before.files);
  });
});
