/**
 * An error that somebody can act on: its message says all there is to know, in plain sentences, where of any other the stack is
 * wanted. What sets it apart is a property, which it keeps on its way from one thread to another, where it loses its class.
 */
export class OperationalError extends Error {
  /** What a process exits with that it ends. */
  readonly exitCode: number = 1;
}

export function isOperational(error: unknown): error is OperationalError {
  return error instanceof Error && "exitCode" in error && typeof error.exitCode === "number";
}
