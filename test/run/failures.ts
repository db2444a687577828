import { stripVTControlCharacters } from "node:util";
import type { FileResult, StepResult } from "./results.js";

/** Lines of a failure's message that are shown, at most. */
const linesShown = 12;
/** Lines that all failures take together: with the slowest files and the summary they fit into the last 100 of a log. */
const linesTogether = 70;

/** An error as Vitest hands it on. */
interface Thrown {
  readonly name?: string;
  readonly message: string;
  readonly diff?: unknown;
  readonly stack?: string;
}

/** A line of a stack that is neither Node's nor a package's. */
const ours = /^\s+at (?!.*(?:\/node_modules\/|\bnode:)).*\//;

/** What was thrown, what differs, and the places in our own code. */
export function messageOf({ name, message, diff, stack }: Thrown): string[] {
  const text = [name ? `${name}: ${message}` : message, typeof diff === "string" ? diff : ""].join("\n");
  const places = (stack ?? "").split("\n").filter((line) => ours.test(line));
  const lines = stripVTControlCharacters(text).split("\n");
  return [...lines, ...places].map((line) => line.trimEnd()).filter((line) => line !== "");
}

/** Every failed and every flaky test by file and full name, with the beginnings of its messages as far as all have room. */
export function describeFailures(steps: readonly StepResult[]): string[] {
  const results = steps.flatMap(({ step, files }) => files.map((result) => ({ step, ...result })));
  const all = [
    ...results.flatMap(({ flaky = [], file }) =>
      flaky.map(({ test, message }) => ({ title: `flaky: ${file} ${test}`, message })),
    ),
    ...results.flatMap(({ step, failed, file }) =>
      failed.map(({ test, message }) => ({ title: `FAILED ${step}: ${file} > ${test}`, message })),
    ),
  ];
  if (all.length === 0) return [];
  const each = Math.min(linesShown, Math.max(0, Math.floor(linesTogether / all.length) - 1));
  return ["", ...all.flatMap(({ title, message }) => [title, ...message.slice(0, each).map((line) => `    ${line}`)])];
}

/** Something that failed as a whole and has no tests of its own. */
export const failedAsAWhole = (file: string, test: string, message: readonly string[] = []): FileResult => ({
  file,
  seconds: 0,
  passed: [],
  failed: [{ test, message }],
  skipped: 0,
});
