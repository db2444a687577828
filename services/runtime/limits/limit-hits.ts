import { Counter, type Registry } from "../metrics.js";

/** What holds callers and sessions within their part, in all tiers; see OPERATIONS.md. */
const limits = [
  "connections",
  "connections_share",
  "sessions",
  "sessions_share",
  "pace",
  "too_fast",
  "openings",
  "idle",
  "waiting_share",
  "unsent",
  "unsent_session",
  "everything",
  "everything_share",
  "queue_place",
  "fetches",
  "fetches_share",
  "downloads",
  "downloads_share",
  "watches",
  "watches_share",
  "tracks",
  "tracks_share",
  "deletions",
  "deletions_share",
  "pictures_share",
  "embeddings_share",
  "uploads_rate",
  "requests_rate",
  "quota_requests",
  "quota_frames",
  "quota_bytes",
  "quota_clicks",
  "quota_encodes",
  "quota_points",
  "quota_sessions",
  "quota_stored",
] as const;
export type Limit = (typeof limits)[number];

/** Counts what limits have refused, cut off or slowed down. @returns to be called each time. */
export function countLimitHits(registry: Registry): (limit: Limit) => void {
  const hits = new Counter({
    name: "maskwire_limit_hits_total",
    help: "Times that a limit refused, cut off or slowed down somebody, by limit",
    labelNames: ["limit"],
    registers: [registry],
  });
  // An increase shows only from a number that was seen before.
  for (const limit of limits) hits.inc({ limit }, 0);
  return (limit) => hits.inc({ limit });
}
