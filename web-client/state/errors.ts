import { ErrorCode, type Error as WireError } from "../../proto/index.js";

/** What can be done about a failure: wait and repeat it, ask the person whether to, or nothing. */
export type Remedy = "wait" | "ask" | "none";

/** A failure as this page acts on it. */
export interface Failure {
  /** One sentence. */
  readonly message: string;
  readonly remedy: Remedy;
  /** How long to wait first, when the service says so. */
  readonly retryAfterMs: number | undefined;
}

export function failureOf(error: Partial<WireError> | undefined): Failure {
  const retryAfterMs = error?.retryAfterMs;
  return { message: sentenceOf(error), remedy: remedyOf(error?.code, retryAfterMs !== undefined), retryAfterMs };
}

function remedyOf(code: ErrorCode | undefined, hasHint: boolean): Remedy {
  switch (code) {
    case ErrorCode.CANCELLED:
    case ErrorCode.DEADLINE_EXCEEDED:
    case ErrorCode.UNAVAILABLE:
      return "wait";
    case ErrorCode.RESOURCE_EXHAUSTED:
      // Too many waiting comes with a hint; too many bytes or pixels does not.
      return hasHint ? "wait" : "none";
    case ErrorCode.INVALID_ARGUMENT:
    case ErrorCode.UNIMPLEMENTED:
      return "none";
    default:
      return "ask";
  }
}

/** The gateway's own sentence where it has one. */
export function sentenceOf(error: Partial<WireError> | undefined): string {
  if (error?.message) return sentence(error.message);
  switch (error?.code) {
    case ErrorCode.UNAVAILABLE:
    case ErrorCode.CANCELLED:
      return "The service could not be reached.";
    case ErrorCode.DEADLINE_EXCEEDED:
      return "The service took too long to answer.";
    case ErrorCode.RESOURCE_EXHAUSTED:
      return "The service is very busy at the moment.";
    default:
      return "Something went wrong in the service.";
  }
}

/** Capital letter, full stop. */
function sentence(text: string): string {
  const trimmed = text.trim();
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
