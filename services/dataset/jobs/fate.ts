import { Code, describeError, ServiceError } from "../../runtime/errors.js";
import { plainText } from "../formats/parse/plain-text.js";
import { LimitMetError } from "./job-limits.js";

/** Of what one try after the other can mend. */
const passing: ReadonlySet<Code> = new Set([
  Code.UNAVAILABLE,
  Code.ABORTED,
  Code.DEADLINE_EXCEEDED,
  Code.INTERNAL,
  Code.CANCELLED,
]);

/** Whether another try may succeed. What is no ServiceError is ours to mend, and may be a matter of chance. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof ServiceError)) return true;
  return passing.has(error.code) || isOverload(error);
}

/** Whether it is about the whole service and not about this item: others would fare no better, so that it is waited for. */
export function isElsewhere(error: unknown): error is ServiceError {
  if (error instanceof LimitMetError) return false;
  return error instanceof ServiceError && (error.code === Code.UNAVAILABLE || isOverload(error));
}

export const isDatabaseLost = (error: unknown) =>
  error instanceof ServiceError && error.code === Code.UNAVAILABLE && error.reason === "DATABASE_LOST";

/** Of what is full now, and not of what is too large ever. */
const isOverload = ({ code, retryAfterMs }: ServiceError) =>
  code === Code.RESOURCE_EXHAUSTED && retryAfterMs !== undefined;

const longestReason = 1000;

/** As people see it, and as it can be kept: it may quote anything. */
export const reasonOf = (error: unknown): string => plainText(describeError(error).message, longestReason);
