import type { FileResult, StepResult } from "./results.js";

/** Of more failed files something is broken, and the answer is not worth the wait. */
const mostFiles = 3;

/** Which files run once more. @param mayRepeat of a step, by its name */
export function filesToRepeat(
  steps: readonly StepResult[],
  mayRepeat: (step: string) => boolean,
): { step: string; file: string }[] {
  const all = steps
    .filter(({ step }) => mayRepeat(step))
    .flatMap(({ step, files }) => {
      const failed = files.filter((one) => one.failed.length > 0 && one.file.endsWith(".test.js"));
      return [...new Set(failed.map(({ file }) => file))].map((file) => ({ step, file }));
    });
  return all.length > mostFiles ? [] : all;
}

/**
 * The step after one of its files ran once more: what the file did then counts, and what it failed at before is flaky.
 * @param again what came of it: also of what failed outside the file
 */
export function repeated(step: StepResult, file: string, again: readonly FileResult[], seconds: number): StepResult {
  const first = step.files.filter((one) => one.file === file);
  const others = step.files.filter((one) => one.file !== file);
  const [second, ...rest] = again;
  // Without results of its own nothing is better than before.
  const files =
    second?.file === file
      ? [...others, { ...second, flaky: flakyOf(first, again) }, ...rest]
      : [...step.files, ...again];
  return { ...step, files, seconds: step.seconds + seconds };
}

/** Tests that passed now; all of them when nothing failed, for what failed outside a test passes without a word. */
function flakyOf(first: readonly FileResult[], second: readonly FileResult[]) {
  const passed = new Set(second.flatMap((one) => one.passed));
  const allPassed = second.every((one) => one.failed.length === 0);
  return first.flatMap(({ failed }) => failed.filter(({ test }) => allPassed || passed.has(test)));
}
