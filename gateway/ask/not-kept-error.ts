import { Code, ServiceError } from "../../services/runtime/errors.js";

/** What a decoder missed it was given, time after time, and has not kept until it was asked again. */
export class NotKeptError extends ServiceError {
  /** @param cause its last word: with CACHE_TOO_SMALL it can never keep as much, and says how large its cache must be. */
  constructor(cause: ServiceError) {
    const { reason, message } = cause;
    if (reason === "CACHE_TOO_SMALL") super({ code: Code.RESOURCE_EXHAUSTED, message, reason, cause });
    else
      super({
        code: Code.UNAVAILABLE,
        message: "The decoder cannot keep the picture's embedding at present; try again shortly.",
        retryAfterMs: 1000,
        cause,
      });
  }
}
