import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import type { Reporter, SerializedError, TestModule, Vitest } from "vitest/node";
import { failedAsAWhole, messageOf } from "./failures.js";
import { nothing, workedSince } from "./processor-time.js";
import type { Failure, FileResult, SuiteResult } from "./results.js";

/**
 * Writes what became of each file, as JSON, to the file of `--outputFile.results`. Unlike Vitest's own report it tells what
 * was thrown by the hooks of a group and outside every test, and counts what hooks take.
 */
// biome-ignore lint/style/noDefaultExport: Vitest looks for the default export.
export default class ResultsReporter implements Reporter {
  #root = "";
  #output = "";

  onInit({ config }: Vitest): void {
    const { outputFile } = config;
    if (typeof outputFile !== "object" || outputFile.results === undefined) throw new Error("--outputFile.results");
    this.#root = config.root;
    this.#output = outputFile.results;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const files = modules.map((module) => resultOf(module, relative(this.#root, module.moduleId)));
    const stray = errors.map((error) => failedAsAWhole(this.#fileOf(error), "outside every test", messageOf(error)));
    this.#write({ files: [...files, ...stray] });
    // What is shared by all files has ended by then, too.
    process.once("exit", () => this.#write({ files: [...files, ...stray], processorSeconds: workedSince(nothing) }));
  }

  #write(result: SuiteResult): void {
    writeFileSync(this.#output, JSON.stringify(result));
  }

  #fileOf({ VITEST_TEST_PATH: path }: SerializedError): string {
    return typeof path === "string" ? relative(this.#root, path) : "(no file)";
  }
}

function resultOf(module: TestModule, file: string): FileResult {
  const { environmentSetupDuration, prepareDuration, collectDuration, setupDuration, duration } = module.diagnostic();
  const tests = [...module.children.allTests()];
  const passed = tests.filter((test) => test.result().state === "passed").map(({ fullName }) => fullName);
  const failed: Failure[] = tests
    .filter((test) => test.result().state === "failed")
    .map((test) => ({ test: test.fullName, message: (test.result().errors ?? []).flatMap(messageOf) }));
  const skipped = tests.length - passed.length - failed.length;
  for (const group of module.children.allSuites()) {
    const errors = group.errors();
    if (errors.length > 0) failed.push({ test: `${group.fullName} (its hooks)`, message: errors.flatMap(messageOf) });
  }
  const own = module.errors();
  if (own.length > 0) failed.push({ test: "the file itself", message: own.flatMap(messageOf) });
  else if (module.state() === "failed" && failed.length === 0) failed.push({ test: "the file itself", message: [] });
  const ms = environmentSetupDuration + prepareDuration + collectDuration + setupDuration + duration;
  const { processorSeconds } = module.meta();
  return { file, seconds: ms / 1000, processorSeconds, passed, failed, skipped };
}
