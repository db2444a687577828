import { OperationalError } from "../../runtime/operational-error.js";

/** A model's file cannot be fetched; the message says which, why and what to do. */
export class PullError extends OperationalError {
  override readonly name: string = "PullError";
}

export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error ? String(error.code) : undefined;
