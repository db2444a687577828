import { UploadBudget } from "../../services/runtime/limits/upload-budget.js";
import { UploadRate } from "../callers/upload-rate.js";
import type { BodyLimits } from "../http/arriving-body.js";

const MiB = 1024 * 1024;

/** Limits that no body of a test's meets, but for those that are given. */
export function bodyLimits(given: Partial<BodyLimits> = {}): BodyLimits {
  return {
    pace: { silenceMs: 10_000, leastBytesPerSecond: 1 },
    passing: new UploadBudget("passing", 64 * MiB),
    rate: new UploadRate({ perSecond: 64 * MiB, burst: 64 * MiB, metrics: { limitHit: () => {} } }),
    ...given,
  };
}
