import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../services/runtime/project-root.js";
import { setUp } from "./set-up.js";

/*
 * `npm test`: type check, lint, then every suite, one summary, and a last line that a script can read:
 * "N passed, N failed", with ", N skipped" when something was left out.
 */

interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
}

/** The part of Vitest's JSON report that counts. */
interface Report {
  testResults: { name: string; status: string; message?: string; assertionResults: { status: string }[] }[];
}

const say = (line: string) => void process.stdout.write(`${line}\n`);
const folder = mkdtempSync(join(tmpdir(), "maskwire-test-"));
/** Starts on one core are slow; files of these suites start whole servers and measure them. */
const oneFileAtATime = ["--no-file-parallelism"];

/** A command that passes or fails as one test. */
function check(command: string, args: string[]): Outcome {
  const { status } = spawnSync(command, args, { cwd: projectRoot, stdio: "inherit" });
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
}

/** One of Vitest's projects. A file that cannot even be collected is one failure. */
function suite(name: string, args: string[] = []): Outcome {
  const file = join(folder, `${name}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const vitest = join(projectRoot, "node_modules", "vitest", "vitest.mjs");
  const { status } = spawnSync(
    process.execPath,
    [vitest, "run", "--project", name, "--passWithNoTests", ...reporters, ...args],
    {
      cwd: projectRoot,
      stdio: "inherit",
    },
  );
  const outcome: Outcome = { passed: 0, failed: 0, skipped: 0 };
  for (const { status: fileStatus, assertionResults } of readReport(file).testResults) {
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

function readReport(file: string): Report {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch {
    return { testResults: [] };
  }
}

setUp(say);
const steps: [name: string, run: () => Outcome][] = [
  // The build before this was the same command: here it only counts.
  ["type check", () => check("npx", ["--no-install", "tsc", "-b"])],
  ["lint", () => check("npm", ["run", "-s", "lint"])],
  ["unit and contract", () => suite("unit")],
  ["end-to-end and interop", () => suite("end-to-end", oneFileAtATime)],
  ["chaos", () => suite("chaos", oneFileAtATime)],
  ["attacks", () => suite("attacks", oneFileAtATime)],
  ["browser", () => suite("browser", oneFileAtATime)],
];
const total: Outcome = { passed: 0, failed: 0, skipped: 0 };
const summary: string[] = [];
for (const [name, run] of steps) {
  say(`\n=== ${name}`);
  const startedAt = performance.now();
  const outcome = run();
  for (const key of ["passed", "failed", "skipped"] as const) total[key] += outcome[key];
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  summary.push(`${name}: ${inWords(outcome)} (${seconds} s)`);
}
rmSync(folder, { recursive: true, force: true });
say(`\n${summary.join("\n")}\n${inWords(total)}`);
process.exitCode = total.failed > 0 ? 1 : 0;

function inWords({ passed, failed, skipped }: Outcome): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
