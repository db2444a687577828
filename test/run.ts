import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { projectRoot } from "../services/runtime/project-root.js";
import { node24 } from "./node-24.js";
import { setUp } from "./set-up.js";

/*
 * `npm test [-- STEP...]`: type check, lint, then every suite, or the steps that are named; one summary with the slowest
 * files, and a last line that a script can read: "N passed, N failed", with ", N skipped" when something was left out.
 */

interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
}

/** The part of Vitest's JSON report that counts. */
interface Report {
  testResults: {
    name: string;
    status: string;
    message?: string;
    startTime: number;
    endTime: number;
    assertionResults: { status: string }[];
  }[];
}

const say = (line: string) => void process.stdout.write(`${line}\n`);
const folder = mkdtempSync(join(tmpdir(), "maskwire-test-"));
/** A file waits for about a third of its time, for processes to start and for limits of time to pass: three fill two cores. */
const threeFilesAtATime = ["--maxWorkers=3"];
const twoFilesAtATime = ["--maxWorkers=2"];
/** Files of these suites break, flood and measure what they start. */
const oneFileAtATime = ["--no-file-parallelism"];
/** Files that the summary names. */
const slowestNamed = 12;
const slowest: { file: string; seconds: number }[] = [];

/** A command that passes or fails as one test. */
function check(command: string, args: string[]): Outcome {
  const { status } = spawnSync(command, args, { cwd: projectRoot, stdio: "inherit" });
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
}

/** One of Vitest's projects, on this Node or another. A file that cannot even be collected is one failure. */
function suite(name: string, args: string[] = [], node = process.execPath): Outcome {
  const file = join(folder, `${name}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const vitest = join(projectRoot, "node_modules", "vitest", "vitest.mjs");
  // A report of before would be taken for this one's.
  rmSync(file, { force: true });
  const { status } = spawnSync(node, [vitest, "run", "--project", name, "--passWithNoTests", ...reporters, ...args], {
    cwd: projectRoot,
    stdio: "inherit",
  });
  const outcome: Outcome = { passed: 0, failed: 0, skipped: 0 };
  for (const { name: path, status: fileStatus, startTime, endTime, assertionResults } of readReport(file).testResults) {
    slowest.push({ file: relative(projectRoot, path), seconds: (endTime - startTime) / 1000 });
    const failedBefore = outcome.failed;
    for (const { status: one } of assertionResults) {
      if (one === "passed") outcome.passed++;
      else if (one === "failed") outcome.failed++;
      else outcome.skipped++;
    }
    if (fileStatus === "failed" && outcome.failed === failedBefore) outcome.failed++;
  }
  // An error outside every test, or a runner that was killed.
  if (status !== 0 && outcome.failed === 0) outcome.failed = 1;
  return outcome;
}

/** What may differ from one Node to the next: everything but pure calculation, and processes that start, work and stop. */
function onNode24(): Outcome {
  let node: string | undefined;
  try {
    node = node24();
  } catch (error) {
    say(String(error));
    return { passed: 0, failed: 1, skipped: 0 };
  }
  if (node === undefined) {
    say("SKIPPED: there is no package of Node 24 for this platform");
    return { passed: 0, failed: 0, skipped: 1 };
  }
  return sum(suite("pure", twoFilesAtATime, node), suite("node-24", threeFilesAtATime, node));
}

function readReport(file: string): Report {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch {
    return { testResults: [] };
  }
}

const steps: Record<string, () => Outcome> = {
  // The build before this was the same command: here it only counts.
  types: () => check("npx", ["--no-install", "tsc", "-b"]),
  lint: () => check("npm", ["run", "-s", "lint"]),
  unit: () => sum(suite("pure", twoFilesAtATime), suite("unit", threeFilesAtATime)),
  "node-24": onNode24,
  "end-to-end": () => suite("end-to-end", threeFilesAtATime),
  chaos: () => suite("chaos", oneFileAtATime),
  attacks: () => suite("attacks", oneFileAtATime),
  browser: () => suite("browser", threeFilesAtATime),
};
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in steps));
if (unknown.length > 0) {
  process.stderr.write(`There is no step "${unknown.join(" ")}". These are: ${Object.keys(steps).join(", ")}.\n`);
  process.exit(2);
}
setUp(say);
let total: Outcome = { passed: 0, failed: 0, skipped: 0 };
const summary: string[] = [];
for (const [name, run] of Object.entries(steps)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  say(`\n=== ${name}`);
  const startedAt = performance.now();
  const outcome = run();
  total = sum(total, outcome);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  summary.push(`${name}: ${inWords(outcome)} (${seconds} s)`);
}
slowest.sort((a, b) => b.seconds - a.seconds);
for (const { file, seconds } of slowest.slice(0, slowestNamed)) say(`${seconds.toFixed(1).padStart(7)} s  ${file}`);
rmSync(folder, { recursive: true, force: true });
say(`\n${summary.join("\n")}\n${inWords(total)}`);
process.exitCode = total.failed > 0 ? 1 : 0;

function sum(...outcomes: Outcome[]): Outcome {
  const total: Outcome = { passed: 0, failed: 0, skipped: 0 };
  for (const one of outcomes) for (const key of ["passed", "failed", "skipped"] as const) total[key] += one[key];
  return total;
}

function inWords({ passed, failed, skipped }: Outcome): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
