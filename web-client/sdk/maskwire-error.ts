import { ErrorCode } from "../../proto/index.js";
import { type Failure, failureOf, ourReasons, uploadTooSlow } from "./failure.js";

/** Why something could not be done: a code of gRPC's, and one sentence that says what to do. */
export class MaskwireError extends Error {
  override readonly name = "MaskwireError";
  /** As gRPC names it: `INVALID_ARGUMENT`, `UNAVAILABLE`. */
  readonly code: keyof typeof ErrorCode;
  /** What a program may go by where the code does not say enough, such as `UNKNOWN_WORD`; "" when there is nothing to say. */
  readonly reason: string;
  /** How long to wait before it is worth another try; undefined where none is. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    { reason = "", retryAfterMs }: { reason?: string; retryAfterMs?: number } = {},
  ) {
    super(message);
    this.code = (ErrorCode[code] ?? "INTERNAL") as keyof typeof ErrorCode;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A failure as it is thrown. */
export function errorOf({ error, retryAfterMs }: Failure): MaskwireError {
  const { code = ErrorCode.INTERNAL, message, reason = "" } = error;
  const hint = retryAfterMs === undefined ? {} : { retryAfterMs };
  return new MaskwireError(code, message || (sentences[reason] ?? sentenceOf(code)), { reason, ...hint });
}

/** The same of what the service said. */
export const toldError = (error: Failure["error"] | undefined): MaskwireError => errorOf(failureOf(error));

const sentences: Readonly<Record<string, string>> = {
  [uploadTooSlow]: "The upload was too slow and was given up. Try again on a better network.",
  [ourReasons.uploadInterrupted]: "The upload was interrupted. Try again.",
  [ourReasons.uploadTooLarge]: "This picture is too large for the service. Send a smaller one.",
  [ourReasons.uploadKind]: "The service does not take files of this kind. Send a JPEG or PNG file.",
  [ourReasons.uploadFailed]: "The service could not take this picture. Ask who runs it why.",
  [ourReasons.busy]: "The service is very busy at the moment. Try again later.",
};

function sentenceOf(code: ErrorCode): string {
  switch (code) {
    case ErrorCode.UNAVAILABLE:
    case ErrorCode.CANCELLED:
      return "The service could not be reached. Try again later.";
    case ErrorCode.DEADLINE_EXCEEDED:
      return "The service took too long to answer. Try again later.";
    case ErrorCode.UNAUTHENTICATED:
      return "The service asks who is calling. Give the client a key that it knows.";
    default:
      return "Something went wrong in the service. Ask who runs it why.";
  }
}
