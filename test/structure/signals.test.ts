import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectRoot } from "../../services/runtime/project-root.js";
import { readSources } from "./source-files.js";

/*
 * A signal of `AbortSignal.timeout` that is only joined with others is held by nobody: Node 20 collects it, and the joined one never
 * aborts. Once in many times, so no other test would find it.
 */

it("no file joins signals and makes some that time out: a controller that a timer holds does for both", async () => {
  const both = (await readSources(projectRoot)).filter(({ path }) => {
    if (path.endsWith(".test.ts")) return false;
    const text = readFileSync(join(projectRoot, path), "utf8");
    return text.includes("AbortSignal.any(") && text.includes("AbortSignal.timeout(");
  });
  expect(both.map(({ path }) => path)).toEqual([]);
});
