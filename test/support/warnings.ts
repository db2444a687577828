/** Warnings of Node that say nothing of our code, each with what it comes from. */
const expected: readonly RegExp[] = [
  // The processes that decode pictures run with Node's permission model, which Node 20 calls experimental.
  /ExperimentalWarning: Permission is an experimental feature/,
  // With the first use of an object store under Node 20: that later versions of the client will not run on it.
  /NodeVersionSupportWarning: The AWS SDK for JavaScript/,
];

const isExpected = (text: string) => expected.some((pattern) => pattern.test(text));

/** A warning that this process was given, as Node writes it; undefined for one that is expected. */
export function unexpected({ name, message, stack }: Error): string | undefined {
  return isExpected(`${name}: ${message}`) ? undefined : (stack ?? `${name}: ${message}`);
}

/** The lines in which a process of Node's says on standard error that it was given a warning, but those that are expected. */
export function warningsIn(stderr: string): string[] {
  return stderr.split("\n").filter((line) => /\(node:\d+\) .*Warning/.test(line) && !isExpected(line));
}
