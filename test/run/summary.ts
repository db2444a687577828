import { describeFailures } from "./failures.js";
import { type Outcome, outcomeOf, type StepResult } from "./results.js";

/** Files that the summary names. */
const slowestNamed = 12;

/** What is said at the end: the slowest files, what failed, a line a step, and the total in a line that a script can read. */
export function summaryOf(steps: readonly StepResult[]): string[] {
  const files = steps.flatMap((step) => step.files);
  const slowest = [...files].sort((a, b) => b.seconds - a.seconds).slice(0, slowestNamed);
  return [
    ...slowest.map((one) => `${one.seconds.toFixed(1).padStart(7)} s  ${one.file}${ofProcessors(one)}`),
    ...describeFailures(steps),
    "",
    ...steps.map((step) => `${step.step}: ${inWords(outcomeOf(step.files))} (${timeOf(step)})${flakyIn(step)}`),
    inWords(outcomeOf(files)),
  ];
}

const timeOf = (step: StepResult) => `${Math.round(step.seconds)} s${ofProcessors(step)}`;

function ofProcessors({ processorSeconds: worked }: { readonly processorSeconds?: number | undefined }): string {
  return worked === undefined ? "" : `, ${Math.round(worked)} s of processors`;
}

function inWords({ passed, failed, skipped }: Outcome): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

function flakyIn({ files }: StepResult): string {
  const count = files.flatMap(({ flaky = [] }) => flaky).length;
  return count > 0 ? `, ${count} of them FLAKY: failed at first` : "";
}
