import { ErrorCode, type Error as WireError } from "../../proto/index.js";

/** Whether repeating the same request cannot help. */
export function isLasting(error: WireError | undefined): boolean {
  switch (error?.code) {
    case ErrorCode.CANCELLED:
    case ErrorCode.DEADLINE_EXCEEDED:
    case ErrorCode.UNAVAILABLE:
      return false;
    case ErrorCode.RESOURCE_EXHAUSTED:
      // Too many waiting comes with a hint; too many bytes or pixels does not.
      return error.retryAfterMs === undefined;
    default:
      return true;
  }
}

/** The gateway's own sentence where it has one. */
export function sentenceOf(error: WireError | undefined): string {
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
export function sentence(text: string): string {
  const trimmed = text.trim();
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
