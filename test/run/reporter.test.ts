import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { projectRoot } from "../../services/runtime/project-root.js";
import type { SuiteResult } from "./results.js";

const folder = mkdtempSync(join(tmpdir(), "maskwire-reporter-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("tells of tests, of hooks, of files that cannot be read and of errors outside every test", () => {
  writeFileSync(
    join(folder, "tests.test.js"),
    `describe("group", () => {
      it("passes", () => {});
      it("fails", () => expect(1).toBe(2));
      it.skip("is left out", () => {});
    });
    describe("hooked", () => {
      afterAll(() => { throw new Error("hook"); });
      it("passes too", () => {});
    });
    it("throws late", async () => {
      setTimeout(() => { throw new Error("late"); });
      await new Promise((resolve) => setTimeout(resolve, 20));
    });`,
  );
  writeFileSync(join(folder, "unreadable.test.js"), 'throw new Error("unreadable");');
  const results = join(folder, "results.json");
  const reporter = fileURLToPath(new URL("./reporter.js", import.meta.url));
  const vitest = join(projectRoot, "node_modules", "vitest", "vitest.mjs");
  const args = ["run", "--root", folder, "--globals", `--reporter=${reporter}`, `--outputFile.results=${results}`];
  spawnSync(process.execPath, [vitest, ...args], { cwd: folder, stdio: "ignore" });
  const { files, processorSeconds } = JSON.parse(readFileSync(results, "utf8")) as SuiteResult;
  const told = files
    .map(({ file, passed, failed, skipped }) => ({
      file,
      passed,
      failed: failed.map(({ test, message }) => `${test}: ${message[0]}`),
      skipped,
    }))
    .sort((a, b) => a.file.localeCompare(b.file) || b.passed.length - a.passed.length);
  expect(told).toEqual([
    {
      file: "tests.test.js",
      passed: ["group > passes", "hooked > passes too", "throws late"],
      failed: [
        "group > fails: AssertionError: expected 1 to be 2 // Object.is equality",
        "hooked (its hooks): Error: hook",
      ],
      skipped: 1,
    },
    { file: "tests.test.js", passed: [], failed: ["outside every test: Error: late"], skipped: 0 },
    {
      file: "unreadable.test.js",
      passed: [],
      failed: ["the file itself: Error: unreadable"],
      skipped: 0,
    },
  ]);
  expect(files.every(({ seconds }) => Number.isFinite(seconds))).toBe(true);
  if (process.platform === "linux") expect(processorSeconds).toBeGreaterThan(0);
});
