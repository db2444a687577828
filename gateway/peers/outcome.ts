import type { Error as ErrorMessage, SegmentResponse, SegmentResult } from "../../proto/index.js";
import { Code, type Reason, ServiceError } from "../../services/runtime/errors.js";

/** What a decoder has answered. @throws ServiceError the error that it has answered with; INTERNAL for neither. */
export function resultOf({ outcome }: SegmentResponse): SegmentResult {
  switch (outcome.case) {
    case "result":
      return outcome.value;
    case "error":
      throw toServiceError(outcome.value);
    default:
      throw new ServiceError({ code: Code.INTERNAL, message: "The decoder answered without a result." });
  }
}

function toServiceError({ code, message, retryAfterMs, reason }: ErrorMessage): ServiceError {
  return new ServiceError({
    // The contract's numbers are gRPC's.
    code: code as number as Code,
    message,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(reason === "" ? {} : { reason: reason as Reason }),
  });
}
