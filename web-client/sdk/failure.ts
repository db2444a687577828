import { ErrorCode, type Error as WireError } from "../../proto/index.js";

/** What can be done about a failure: wait and repeat it, ask the person whether to, or nothing. */
type Remedy = "wait" | "ask" | "none";

/** A failure as it is acted on. */
export interface Failure {
  /** What the service says, or what became of the way to it: that has no message, and a reason of `ourReasons`. */
  readonly error: Partial<WireError>;
  readonly remedy: Remedy;
  /** How long to wait first, when the service says so. */
  readonly retryAfterMs: number | undefined;
}

/** The reason that a gateway gives when an upload has all but stopped (H17). */
export const uploadTooSlow = "UPLOAD_TOO_SLOW";

/** Reasons of this side's own, never on the wire. */
export const ourReasons = {
  uploadInterrupted: "UPLOAD_INTERRUPTED",
  uploadTooLarge: "UPLOAD_TOO_LARGE",
  uploadKind: "UPLOAD_KIND",
  uploadFailed: "UPLOAD_FAILED",
  busy: "BUSY",
} as const;

export function failureOf(error: Partial<WireError> | undefined): Failure {
  const retryAfterMs = error?.retryAfterMs;
  // Sent again at once it would crawl again: the person may know of a better network.
  const remedy = error?.reason === uploadTooSlow ? "ask" : remedyOf(error?.code, retryAfterMs !== undefined);
  return { error: error ?? {}, remedy, retryAfterMs };
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
