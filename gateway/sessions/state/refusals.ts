import { ErrorCode } from "../../../proto/index.js";
import { cropIsOurs as cropIsOursText } from "../../ask/detail/with-detail.js";
import { noSequence as noSequenceText, notKept as notKeptText } from "../../ask/previous.js";
import type { RefusedError } from "./state.js";

const error = (code: ErrorCode, message: string): RefusedError => ({ code, message, reason: "" });

export const noImage = error(ErrorCode.FAILED_PRECONDITION, "No picture is open; send open_image first.");
export const notOpen = error(
  ErrorCode.FAILED_PRECONDITION,
  "The prompt is about another picture or model than the open one.",
);
export const notReady = error(ErrorCode.FAILED_PRECONDITION, "The picture is not ready for previews yet.");
export const cropIsOurs = error(ErrorCode.INVALID_ARGUMENT, cropIsOursText);
export const noSequence = error(ErrorCode.INVALID_ARGUMENT, noSequenceText);
export const notKept = error(ErrorCode.FAILED_PRECONDITION, notKeptText);
export const notForPreview = error(
  ErrorCode.FAILED_PRECONDITION,
  "`previous` names a mask that is not kept; it is made again for a click, not for a preview.",
);
export const tooLate = {
  "awaiting-upload": error(
    ErrorCode.DEADLINE_EXCEEDED,
    "The click has waited too long for its picture, which nobody has uploaded; upload it and click again.",
  ),
  encoding: error(
    ErrorCode.DEADLINE_EXCEEDED,
    "The click has waited too long for its picture, which is not encoded yet; click again.",
  ),
  drafted: error(
    ErrorCode.DEADLINE_EXCEEDED,
    "The click has waited too long for its picture, of which there is no more than a draft yet; click again.",
  ),
  ready: error(ErrorCode.DEADLINE_EXCEEDED, "The click has waited too long for those before it; click again."),
};
export const otherImage = error(ErrorCode.CANCELLED, "Another picture was opened.");
export const newerPrompt = error(ErrorCode.CANCELLED, "A newer prompt took this one's place.");
export const tooMany = (waiting: number, retryAfterMs: number): RefusedError => ({
  ...error(ErrorCode.RESOURCE_EXHAUSTED, `${waiting} clicks wait already; send the next when one is answered.`),
  retryAfterMs,
});

export const everythingNotReady = error(
  ErrorCode.FAILED_PRECONDITION,
  "No picture is ready; open one and wait until it is.",
);
export const everythingNotOpen = error(
  ErrorCode.FAILED_PRECONDITION,
  "The request is about another picture or model than the open one.",
);
export const everythingCancelled = error(ErrorCode.CANCELLED, "Everything mode was cancelled.");
