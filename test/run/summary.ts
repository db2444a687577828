import { describeFailures } from "./failures.js";
import { type Outcome, outcomeOf, type StepResult } from "./results.js";

/** Files that the summary names. */
const slowestNamed = 12;

/** What is said at the end: the slowest files, what failed, a line a step, and the total in a line that a script can read. */
export function summaryOf(steps: readonly StepResult[]): string[] {
  const files = steps.flatMap((step) => step.files);
  const slowest = [...files].sort((a, b) => b.seconds - a.seconds).slice(0, slowestNamed);
  return [
    ...slowest.map(({ file, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${file}`),
    ...describeFailures(steps),
    "",
    ...steps.map((step) => `${step.step}: ${inWords(outcomeOf(step.files))} (${timeOf(step)})${flakyIn(step)}`),
    inWords(outcomeOf(files)),
  ];
}

function timeOf({ seconds, processorSeconds: ofProcessors }: StepResult): string {
  return `${Math.round(seconds)} s${ofProcessors === undefined ? "" : `, ${Math.round(ofProcessors)} s of processors`}`;
}

function inWords({ passed, failed, skipped }: Outcome): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

function flakyIn({ files }: StepResult): string {
  const count = files.flatMap(({ flaky = [] }) => flaky).length;
  return count > 0 ? `, ${count} of them FLAKY: failed at first` : "";
}
