import type { SegmentResponse, SegmentResult } from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { fromErrorMessage } from "../../services/runtime/grpc/error-message.js";

/** What a decoder has answered. @throws ServiceError the error that it has answered with; INTERNAL for neither. */
export function resultOf({ outcome }: SegmentResponse): SegmentResult {
  switch (outcome.case) {
    case "result":
      return outcome.value;
    case "error":
      throw fromErrorMessage(outcome.value);
    default:
      throw new ServiceError({ code: Code.INTERNAL, message: "The decoder answered without a result." });
  }
}
