import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectRoot } from "../../services/runtime/project-root.js";
import { numbersIn, rulesOf } from "./rules.js";
import { sourcePaths } from "./source-files.js";

describe("numbers", () => {
  it("are read from the specification, and from titles and the rows of their tables", () => {
    expect(rulesOf("## Frames\n\n- **F1** The first (see F9).\n- **F2** The second\n  of them.\nF3 is none.")).toEqual([
      "F1",
      "F2",
    ]);
    const test = [
      'it("F1, B2: holds", () => {});',
      'it.each([["B3 from a row", 1]])("%s", () => {});',
      "describe(`F4 of many`, () => {",
      "  // B5 is only said.",
      "  /** B6 */",
      '  const box = "X0,Y0"; const F7 = "VP8";',
    ].join("\n");
    expect(numbersIn(test, new Set(["F", "B"]))).toEqual(["F1", "B2", "B3", "F4"]);
  });
});

describe("the gateway's specification", async () => {
  const rules = rulesOf(await readFile(join(projectRoot, "gateway/SPEC.md"), "utf8"));
  const sections = new Set(rules.map(([letter]) => letter as string));
  const tests = (await sourcePaths(projectRoot)).filter((path) => path.endsWith(".test.ts"));
  // This file's own numbers are examples.
  const shown = tests.filter((path) => !path.endsWith("structure/rules.test.ts"));
  const carriers = new Map<string, string[]>();
  for (const path of shown) {
    for (const number of numbersIn(await readFile(join(projectRoot, path), "utf8"), sections)) {
      carriers.set(number, [...(carriers.get(number) ?? []), path]);
    }
  }

  it("has each number once", () => {
    expect(rules.length).toBeGreaterThan(100);
    expect(rules.filter((rule, at) => rules.indexOf(rule) !== at)).toEqual([]);
  });

  it("has no rule that no test carries", () => {
    expect(rules.filter((rule) => !carriers.has(rule))).toEqual([]);
  });

  it("has a rule for every number that a test carries", () => {
    const known = new Set(rules);
    expect([...carriers].filter(([number]) => !known.has(number))).toEqual([]);
  });
});
