import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { filesToRepeat, repeated } from "./run/again.js";
import { inLanes } from "./run/lanes.js";
import { outcomeOf, type StepResult } from "./run/results.js";
import { setUp } from "./run/set-up.js";
import { isStep, lanes, type StepName, stepNames, stepsIn } from "./run/steps.js";
import { summaryOf } from "./run/summary.js";

/*
 * `npm test [-- STEP...] [--serial]`: type check, lint, then every suite, or the steps that are named, in two lanes beside each
 * other unless one after the other is asked for; what failed among whole clusters once more; then the slowest files, every test
 * that failed, a line a step, and a last one that a script can read: "N passed, N failed", with ", N skipped" when something
 * was left out.
 */

const say = (text: string) => void process.stdout.write(text);
const { values, positionals } = parseArgs({ options: { serial: { type: "boolean" } }, allowPositionals: true });
const folder = mkdtempSync(join(tmpdir(), "maskwire-test-"));
const steps = stepsIn(folder);
const unknown = positionals.filter((name) => !isStep(name));
if (unknown.length > 0) {
  process.stderr.write(`There is no step "${unknown.join(" ")}". These are: ${stepNames.join(", ")}.\n`);
  process.exit(2);
}
const wanted = stepNames.filter((name) => positionals.length === 0 || positionals.includes(name));
setUp((line) => say(`${line}\n`));
const done = new Map<StepName, StepResult>();
const ways = values.serial ? [wanted] : lanes.map((lane) => lane.filter((name) => wanted.includes(name)));
await inLanes(ways, say, async (step, tell) => {
  const startedAt = performance.now();
  const result = await steps[step].run(tell);
  done.set(step, { step, ...result, seconds: (performance.now() - startedAt) / 1000 });
});
let results = wanted.flatMap((step) => done.get(step) ?? []);
const againOf = (step: string) => (isStep(step) ? steps[step].again : undefined);
for (const { step, file } of filesToRepeat(results, (name) => againOf(name) !== undefined)) {
  say(`\n=== ${step} once more: ${file}\n`);
  const startedAt = performance.now();
  const { files = [] } = (await againOf(step)?.(file)) ?? {};
  const seconds = (performance.now() - startedAt) / 1000;
  results = results.map((result) => (result.step === step ? repeated(result, file, files, seconds) : result));
}
rmSync(folder, { recursive: true, force: true });
for (const line of summaryOf(results)) say(`${line}\n`);
process.exitCode = outcomeOf(results.flatMap(({ files }) => files)).failed > 0 ? 1 : 0;
