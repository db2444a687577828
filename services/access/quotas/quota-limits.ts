import type { QuotaName } from "../../runtime/callers/quota.js";
import type { Limit } from "../../runtime/limits/limit-hits.js";

/** Under which name a refusal shows in the figures. */
export const limitOfQuota: Readonly<Record<QuotaName, Limit>> = {
  requestsPerSecond: "quota_requests",
  framesPerSecond: "quota_frames",
  bytesPerSecond: "quota_bytes",
  clicksPerMinute: "quota_clicks",
  encodesPerHour: "quota_encodes",
  everythingPointsPerHour: "quota_points",
  sessions: "quota_sessions",
  storedBytes: "quota_stored",
};
