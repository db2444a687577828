import { noQuota } from "../../../services/runtime/callers/quota.js";
import { Videos, type VideosOptions } from "../videos.js";

/** A gateway's videos, of tiers that a test plays. */
export function fakeVideos(ask: VideosOptions["ask"], options: Partial<VideosOptions> = {}): Videos {
  return new Videos({
    ask,
    memoryOf: () => undefined,
    limitBytes: 1e8,
    maxStreams: 4,
    maxWaiting: 8,
    frameMs: 60_000,
    quota: noQuota,
    metrics: { limitHit: () => {}, watchBudget: () => {} },
    ...options,
  });
}
