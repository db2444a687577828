import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { projectRoot } from "../../services/runtime/project-root.js";
import { failedAsAWhole } from "./failures.js";
import { node24 } from "./node-24.js";
import type { FileResult } from "./results.js";

/** A file waits for about a third of its time, for processes to start and for limits of time to pass: three fill two cores. */
const threeFilesAtATime = ["--maxWorkers=3"];
const twoFilesAtATime = ["--maxWorkers=2"];
/** Files of these suites break, flood and measure what they start. */
const oneFileAtATime = ["--no-file-parallelism"];
const vitest = join(projectRoot, "node_modules", "vitest", "vitest.mjs");
const reporter = fileURLToPath(new URL("./reporter.js", import.meta.url));

interface Step {
  run(): FileResult[];
  /** One of its files by itself, where a file's failure may be that of a moment: with whole clusters and their faults. */
  again?(file: string): FileResult[];
}

/**
 * What `npm test` runs, in this order.
 * @param folder of the suites' results
 */
export function stepsIn(folder: string): Record<string, Step> {
  /** One of Vitest's projects, on this Node or another. */
  function suite(project: string, args: string[], node = process.execPath): FileResult[] {
    const file = join(folder, `${project}.json`);
    // Results of before would be taken for this run's.
    rmSync(file, { force: true });
    const results = ["--reporter=default", `--reporter=${reporter}`, `--outputFile.results=${file}`];
    const { status, signal } = spawnSync(
      node,
      [vitest, "run", "--project", project, "--passWithNoTests", ...results, ...args],
      { cwd: projectRoot, stdio: "inherit" },
    );
    const files = readResults(file);
    if (status === 0 || files.some(({ failed }) => failed.length > 0)) return files;
    return [...files, failedAsAWhole(`project ${project}`, `ended with ${signal ?? `status ${status}`}`)];
  }

  const clusters = (project: string, args: string[]): Step => ({
    run: () => suite(project, args),
    again: (file) => suite(project, [file]),
  });

  return {
    // The build before this was the same command: here it only counts.
    types: { run: () => check("npx", "--no-install", "tsc", "-b", "--checkers", "1") },
    lint: { run: () => check("npm", "run", "-s", "lint") },
    unit: { run: () => [...suite("pure", twoFilesAtATime), ...suite("unit", threeFilesAtATime)] },
    "node-24": { run: () => onNode24((node) => suite("node-24", threeFilesAtATime, node)) },
    "end-to-end": clusters("end-to-end", threeFilesAtATime),
    chaos: clusters("chaos", oneFileAtATime),
    attacks: clusters("attacks", oneFileAtATime),
    browser: clusters("browser", threeFilesAtATime),
  };
}

/** A command that passes or fails as one test. */
function check(...command: [string, ...string[]]): FileResult[] {
  const startedAt = performance.now();
  const name = command.join(" ");
  const { status } = spawnSync(command[0], command.slice(1), { cwd: projectRoot, stdio: "inherit" });
  if (status !== 0) return [failedAsAWhole(name, `ended with status ${status}`)];
  const seconds = (performance.now() - startedAt) / 1000;
  return [{ file: name, seconds, passed: [name], failed: [], skipped: 0 }];
}

/** What may differ from one Node to the next: everything but pure calculation, and processes that start, work and stop. */
function onNode24(run: (node: string) => FileResult[]): FileResult[] {
  try {
    const node = node24();
    if (node !== undefined) return run(node);
  } catch (error) {
    return [failedAsAWhole("Node 24", "its installation", [String(error)])];
  }
  process.stdout.write("SKIPPED: there is no package of Node 24 for this platform\n");
  return [{ file: "Node 24", seconds: 0, passed: [], failed: [], skipped: 1 }];
}

function readResults(file: string): FileResult[] {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as FileResult[];
  } catch {
    // The suite was killed or never came to its tests: its status says so.
    return [];
  }
}
