import { Code, ServiceError } from "../../../services/runtime/errors.js";
import type { DetailOutcome } from "./detail-metrics.js";
import { NoMaskInputError } from "./no-mask-input-error.js";

/** What has become of masks that were to be made finer, when something was thrown. */
export function outcomeOf(error: unknown): DetailOutcome {
  if (error instanceof NoMaskInputError) return "kept";
  return error instanceof ServiceError && error.code === Code.RESOURCE_EXHAUSTED ? "refused" : "failed";
}
