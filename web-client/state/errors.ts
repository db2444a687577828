import { ErrorCode, type Error as WireError } from "../../proto/index.js";
import {
  ourReasons,
  failureOf as protocolFailure,
  type Failure as ToldFailure,
  uploadTooSlow,
} from "../sdk/failure.js";
import { words } from "../words/words.js";

/** A failure as this page acts on it. */
export interface Failure extends Omit<ToldFailure, "error"> {
  /** One sentence. */
  readonly message: string;
}

export const failureOf = (error: Partial<WireError> | undefined): Failure => inWords(protocolFailure(error));

/** In the page's language. */
export function inWords({ error, remedy, retryAfterMs }: ToldFailure): Failure {
  return { message: sentenceOf(error), remedy, retryAfterMs };
}

/** The service's own sentence where it has one. It speaks English; a page in another language says first what it is about. */
export function sentenceOf(error: Partial<WireError> | undefined): string {
  const kind = kindOfReason(error?.reason) ?? kindOf(error?.code);
  return error?.message ? words.problems.service(sentence(error.message), kind) : kind;
}

function kindOfReason(reason: string | undefined): string | undefined {
  const { problems } = words;
  switch (reason) {
    case uploadTooSlow:
      return problems.uploadTooSlow;
    case ourReasons.uploadInterrupted:
      return problems.uploadInterrupted;
    case ourReasons.uploadTooLarge:
      return problems.uploadTooLarge;
    case ourReasons.uploadKind:
      return problems.uploadKind;
    case ourReasons.uploadFailed:
      return problems.uploadFailed;
    case ourReasons.busy:
      return problems.busy;
    default:
      return undefined;
  }
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
