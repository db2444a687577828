import type { Problem } from "../types.js";
import { plainText } from "./plain-text.js";

/** It may quote what a file says. */
const longestReason = 1000;

/** What a file says that cannot be read; its message is a sentence for people. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

/** @throws the error itself where it is none of the file's. */
export function problemOf(error: unknown, file: string, line = 0): Problem {
  // Masks of absurd sizes and broken run lengths are refused by those who know them.
  if (!(error instanceof Unreadable || error instanceof RangeError)) throw error;
  return { kind: "problem", file, line, reason: plainText(error.message, longestReason) };
}

/** Of something that is found again and again: one problem, where it was first, with how often. */
export class Repeated {
  readonly #found = new Map<string, { count: number; line: number }>();

  add(reason: string, line: number): void {
    const known = this.#found.get(reason);
    if (known) known.count++;
    else this.#found.set(reason, { count: 1, line });
  }

  *problems(file: string): Generator<Problem> {
    for (const [what, { count, line }] of this.#found) {
      const reason = count === 1 ? what : `${what} There are ${count} of them, the first one here.`;
      yield { kind: "problem", file, line, reason };
    }
  }
}
