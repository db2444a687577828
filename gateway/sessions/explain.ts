import { isInternal } from "../../services/runtime/errors.js";
import { type ErrorFields, toErrorMessage } from "../../services/runtime/grpc/error-message.js";
import type { Logger } from "../../services/runtime/logger.js";

/** An error as a session's frames tell it. What is ours to fix goes to the log. */
export function explain(error: unknown, logger: Pick<Logger, "error">): ErrorFields {
  if (isInternal(error)) logger.error({ err: error }, "session request failed");
  return toErrorMessage(error);
}
