import { ErrorCode, type Error as WireError } from "../../proto/index.js";
import { words } from "../words/words.js";

/** What can be done about a failure: wait and repeat it, ask the person whether to, or nothing. */
type Remedy = "wait" | "ask" | "none";

/** A failure as this page acts on it. */
export interface Failure {
  /** One sentence. */
  readonly message: string;
  readonly remedy: Remedy;
  /** How long to wait first, when the service says so. */
  readonly retryAfterMs: number | undefined;
}

/** The reason that a gateway gives when an upload has all but stopped (H17). */
export const uploadTooSlow = "UPLOAD_TOO_SLOW";

export function failureOf(error: Partial<WireError> | undefined): Failure {
  const retryAfterMs = error?.retryAfterMs;
  // Sent again at once it would crawl again: the person may know of a better network.
  const remedy = error?.reason === uploadTooSlow ? "ask" : remedyOf(error?.code, retryAfterMs !== undefined);
  return { message: sentenceOf(error), remedy, retryAfterMs };
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
    case ErrorCode.ALREADY_EXISTS:
    case ErrorCode.PERMISSION_DENIED:
    case ErrorCode.UNIMPLEMENTED:
      return "none";
    // Somebody who signs in meanwhile may go on.
    case ErrorCode.UNAUTHENTICATED:
      return "ask";
    default:
      return "ask";
  }
}

/** The service's own sentence where it has one. It speaks English; a page in another language says first what it is about. */
export function sentenceOf(error: Partial<WireError> | undefined): string {
  const kind = error?.reason === uploadTooSlow ? words.problems.uploadTooSlow : kindOf(error?.code);
  return error?.message ? words.problems.service(sentence(error.message), kind) : kind;
}

function kindOf(code: ErrorCode | undefined): string {
  const { problems } = words;
  switch (code) {
    case ErrorCode.UNAVAILABLE:
    case ErrorCode.CANCELLED:
      return problems.unreachable;
    case ErrorCode.DEADLINE_EXCEEDED:
      return problems.tooSlow;
    case ErrorCode.RESOURCE_EXHAUSTED:
      return problems.busy;
    case ErrorCode.UNAUTHENTICATED:
      return words.link.signInFirst;
    case ErrorCode.INVALID_ARGUMENT:
    case ErrorCode.ALREADY_EXISTS:
    case ErrorCode.PERMISSION_DENIED:
    case ErrorCode.UNIMPLEMENTED:
      return problems.refused;
    case ErrorCode.ABORTED:
      return problems.changed;
    default:
      return problems.unknown;
  }
}

/** Capital letter, full stop. */
function sentence(text: string): string {
  const trimmed = text.trim();
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
