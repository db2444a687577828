/** What became of the tests of one file; of a command that passes or fails as one test, too. */
export interface FileResult {
  /** From the project's root; or what else failed, in words. */
  readonly file: string;
  readonly seconds: number;
  /** Of processors, by it and what it started and waited for; where the system tells. */
  readonly processorSeconds?: number | undefined;
  /** Full names. */
  readonly passed: readonly string[];
  readonly failed: readonly Failure[];
  readonly skipped: number;
  /** Failed at first and not when the file ran once more, by itself. */
  readonly flaky?: readonly Failure[];
}

export interface Failure {
  /** The test's full name; or what failed outside every test, in words. */
  readonly test: string;
  /** What it said, line by line, without colours. */
  readonly message: readonly string[];
}

/** What became of files that one program ran. */
export interface SuiteResult {
  readonly files: readonly FileResult[];
  /** Of processors, by all that it started; where the system tells. */
  readonly processorSeconds?: number | undefined;
}

/** One of the runner's steps after it ran. */
export interface StepResult extends SuiteResult {
  readonly step: string;
  readonly seconds: number;
}

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function outcomeOf(files: readonly FileResult[]): Outcome {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of files) {
    total.passed += passed.length;
    total.failed += failed.length;
    total.skipped += skipped;
  }
  return total;
}
