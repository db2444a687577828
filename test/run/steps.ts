import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { projectRoot } from "../../services/runtime/project-root.js";
import { failedAsAWhole } from "./failures.js";
import { node24 } from "./node-24.js";
import type { SuiteResult } from "./results.js";
import { runProgram, type Tell } from "./run-program.js";

/** A file waits for about a third of its time, for processes to start and for limits of time to pass: three fill two cores. */
const threeFilesAtATime = ["--maxWorkers=3"];
/** Files that start whole servers, beside another lane that does: more at once only has each of them meet its limits of time. */
const twoFilesAtATime = ["--maxWorkers=2"];
/** Files of these suites break, flood and measure what they start. */
const oneFileAtATime = ["--no-file-parallelism"];
const vitest = join(projectRoot, "node_modules", "vitest", "vitest.mjs");
const reporter = fileURLToPath(new URL("./reporter.js", import.meta.url));

/** What `npm test` runs, as it is summed up. */
export const stepNames = ["types", "lint", "unit", "node-24", "end-to-end", "chaos", "attacks", "browser"] as const;
export type StepName = (typeof stepNames)[number];
export const isStep = (name: string): name is StepName => stepNames.some((one) => one === name);

interface Step {
  run(tell: Tell): Promise<SuiteResult>;
  /** One of its files by itself, where a file's failure may be that of a moment: with whole clusters and their faults. */
  again?(file: string): Promise<SuiteResult>;
}

/** @param folder of the suites' results */
export function stepsIn(folder: string): Readonly<Record<StepName, Step>> {
  /** One of Vitest's projects or some at once, on this Node or another. */
  async function suite(
    projects: readonly string[],
    args: string[],
    tell: Tell,
    node = process.execPath,
  ): Promise<SuiteResult> {
    const file = join(folder, `${projects.join("-")}.json`);
    // Results of before would be taken for this run's.
    rmSync(file, { force: true });
    const results = ["--reporter=default", `--reporter=${reporter}`, `--outputFile.results=${file}`];
    const named = projects.flatMap((project) => ["--project", project]);
    const problem = await runProgram(node, [vitest, "run", ...named, "--passWithNoTests", ...results, ...args], tell);
    const result = readResult(file);
    if (problem === undefined || result.files.some(({ failed }) => failed.length > 0)) return result;
    const files = [...result.files, failedAsAWhole(`project ${projects.join(" and ")}`, problem)];
    return { ...result, files };
  }

  const clusters = (project: string, args: string[]): Step => ({
    run: (tell) => suite([project], args, tell),
    again: (file) => suite([project], [file], undefined),
  });

  return {
    // The build before this was the same command: here it only counts.
    types: { run: (tell) => check(["npx", "--no-install", "tsc", "-b", "--checkers", "1"], tell) },
    lint: { run: (tell) => check(["npm", "run", "-s", "lint"], tell) },
    unit: { run: (tell) => suite(["pure", "unit"], threeFilesAtATime, tell) },
    "node-24": { run: (tell) => onNode24((node) => suite(["node-24"], threeFilesAtATime, tell, node)) },
    "end-to-end": clusters("end-to-end", twoFilesAtATime),
    chaos: clusters("chaos", oneFileAtATime),
    attacks: clusters("attacks", oneFileAtATime),
    browser: clusters("browser", twoFilesAtATime),
  };
}

/**
 * Beside each other: those that would fill both cores alone, and those whose files wait for most of their time, for what they
 * have broken to come back or for a browser. These do one file at a time first: at the end of a lane the other may be over.
 */
export const lanes: readonly (readonly StepName[])[] = [
  ["types", "unit", "end-to-end"],
  ["lint", "chaos", "attacks", "browser", "node-24"],
];

/** A command that passes or fails as one test. */
async function check(command: readonly [string, ...string[]], tell: Tell): Promise<SuiteResult> {
  const startedAt = performance.now();
  const [program, ...args] = command;
  const problem = await runProgram(program, args, tell);
  const name = command.join(" ");
  if (problem !== undefined) return { files: [failedAsAWhole(name, problem)] };
  const seconds = (performance.now() - startedAt) / 1000;
  return { files: [{ file: name, seconds, passed: [name], failed: [], skipped: 0 }] };
}

/** What may differ from one Node to the next: everything but pure calculation, and processes that start, work and stop. */
async function onNode24(run: (node: string) => Promise<SuiteResult>): Promise<SuiteResult> {
  try {
    const node = node24();
    if (node !== undefined) return await run(node);
  } catch (error) {
    return { files: [failedAsAWhole("Node 24", "its installation", [String(error)])] };
  }
  process.stdout.write("SKIPPED: there is no package of Node 24 for this platform\n");
  return { files: [{ file: "Node 24", seconds: 0, passed: [], failed: [], skipped: 1 }] };
}

function readResult(file: string): SuiteResult {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as SuiteResult;
  } catch {
    // The suite was killed or never came to its tests: its status says so.
    return { files: [] };
  }
}
