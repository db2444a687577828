import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filesToRepeat, repeated } from "./run/again.js";
import { processorTime, workedSince } from "./run/processor-time.js";
import { outcomeOf, type StepResult } from "./run/results.js";
import { setUp } from "./run/set-up.js";
import { stepsIn } from "./run/steps.js";
import { summaryOf } from "./run/summary.js";

/*
 * `npm test [-- STEP...]`: type check, lint, then every suite, or the steps that are named; what failed among whole
 * clusters once more; then the slowest files, every test that failed, a line a step, and a last one that a script can read:
 * "N passed, N failed", with ", N skipped" when something was left out.
 */

const say = (line: string) => void process.stdout.write(`${line}\n`);
const folder = mkdtempSync(join(tmpdir(), "maskwire-test-"));
const steps = stepsIn(folder);
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in steps));
if (unknown.length > 0) {
  process.stderr.write(`There is no step "${unknown.join(" ")}". These are: ${Object.keys(steps).join(", ")}.\n`);
  process.exit(2);
}
setUp(say);
let results: StepResult[] = [];
for (const [step, { run }] of Object.entries(steps)) {
  if (wanted.length > 0 && !wanted.includes(step)) continue;
  say(`\n=== ${step}`);
  const startedAt = performance.now();
  const before = processorTime();
  const files = run();
  const processorSeconds = workedSince(before);
  results.push({ step, files, seconds: (performance.now() - startedAt) / 1000, processorSeconds });
}
for (const { step, file } of filesToRepeat(results, (name) => steps[name]?.again !== undefined)) {
  say(`\n=== ${step} once more: ${file}`);
  const startedAt = performance.now();
  const again = steps[step]?.again?.(file) ?? [];
  const seconds = (performance.now() - startedAt) / 1000;
  results = results.map((result) => (result.step === step ? repeated(result, file, again, seconds) : result));
}
rmSync(folder, { recursive: true, force: true });
for (const line of summaryOf(results)) say(line);
process.exitCode = outcomeOf(results.flatMap(({ files }) => files)).failed > 0 ? 1 : 0;
