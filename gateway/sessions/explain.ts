import type { ErrorCode } from "../../proto/index.js";
import { describeError, isInternal } from "../../services/runtime/errors.js";
import type { Logger } from "../../services/runtime/logger.js";
import type { RefusedError } from "./state/state.js";

/** An error as a session's frames tell it. What is ours to fix goes to the log. */
export function explain(error: unknown, logger: Pick<Logger, "error">): RefusedError {
  if (isInternal(error)) logger.error({ err: error }, "session request failed");
  const { code, message, retryAfterMs, reason } = describeError(error);
  return {
    code: code as number as ErrorCode,
    message,
    reason: reason ?? "",
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
