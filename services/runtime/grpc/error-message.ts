import { ErrorCode, type Error as ErrorMessage } from "../../../proto/index.js";
import { Code, describeError, type Reason, ServiceError } from "../errors.js";

/*
 * Errors as messages of the contract: inside a stream, or in a session. The contract has those codes of gRPC's that we use, and
 * the numbers are the same; for the others it is told the nearest.
 */

const wordOf = {
  [Code.OK]: ErrorCode.INTERNAL,
  [Code.CANCELLED]: ErrorCode.CANCELLED,
  [Code.UNKNOWN]: ErrorCode.INTERNAL,
  [Code.INVALID_ARGUMENT]: ErrorCode.INVALID_ARGUMENT,
  [Code.DEADLINE_EXCEEDED]: ErrorCode.DEADLINE_EXCEEDED,
  [Code.NOT_FOUND]: ErrorCode.NOT_FOUND,
  [Code.ALREADY_EXISTS]: ErrorCode.ALREADY_EXISTS,
  [Code.PERMISSION_DENIED]: ErrorCode.PERMISSION_DENIED,
  [Code.RESOURCE_EXHAUSTED]: ErrorCode.RESOURCE_EXHAUSTED,
  [Code.FAILED_PRECONDITION]: ErrorCode.FAILED_PRECONDITION,
  [Code.ABORTED]: ErrorCode.ABORTED,
  [Code.OUT_OF_RANGE]: ErrorCode.INVALID_ARGUMENT,
  [Code.UNIMPLEMENTED]: ErrorCode.UNIMPLEMENTED,
  [Code.INTERNAL]: ErrorCode.INTERNAL,
  [Code.UNAVAILABLE]: ErrorCode.UNAVAILABLE,
  [Code.DATA_LOSS]: ErrorCode.INTERNAL,
  [Code.UNAUTHENTICATED]: ErrorCode.UNAUTHENTICATED,
} satisfies Record<Code, ErrorCode>;

const codes: Record<ErrorCode, Code> = {
  [ErrorCode.UNSPECIFIED]: Code.UNKNOWN,
  [ErrorCode.CANCELLED]: Code.CANCELLED,
  [ErrorCode.INVALID_ARGUMENT]: Code.INVALID_ARGUMENT,
  [ErrorCode.DEADLINE_EXCEEDED]: Code.DEADLINE_EXCEEDED,
  [ErrorCode.NOT_FOUND]: Code.NOT_FOUND,
  [ErrorCode.ALREADY_EXISTS]: Code.ALREADY_EXISTS,
  [ErrorCode.PERMISSION_DENIED]: Code.PERMISSION_DENIED,
  [ErrorCode.RESOURCE_EXHAUSTED]: Code.RESOURCE_EXHAUSTED,
  [ErrorCode.FAILED_PRECONDITION]: Code.FAILED_PRECONDITION,
  [ErrorCode.ABORTED]: Code.ABORTED,
  [ErrorCode.UNIMPLEMENTED]: Code.UNIMPLEMENTED,
  [ErrorCode.INTERNAL]: Code.INTERNAL,
  [ErrorCode.UNAVAILABLE]: Code.UNAVAILABLE,
  [ErrorCode.UNAUTHENTICATED]: Code.UNAUTHENTICATED,
};
/** Another release's peer may know more. */
const codeOf: Partial<Record<number, Code>> = codes;

/** `maskwire.v1.Error` without what makes it a message. */
export type ErrorFields = Pick<ErrorMessage, "code" | "message" | "retryAfterMs" | "reason">;

/** What a peer is told of any error. */
export function toErrorMessage(error: unknown): ErrorFields {
  const { code, message, retryAfterMs, reason = "" } = describeError(error);
  return { code: wordOf[code], message, reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** What a peer has told, as our own error. */
export function fromErrorMessage({ code, message, retryAfterMs, reason }: ErrorFields): ServiceError {
  return new ServiceError({
    code: codeOf[code] ?? Code.UNKNOWN,
    message,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(reason === "" ? {} : { reason: reason as Reason }),
  });
}
