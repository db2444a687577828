import type { QuotaName } from "../../runtime/callers/quota.js";

const seconds = 1000;
const hours = 3600 * seconds;

interface QuotaWindow {
  lengthMs: number;
  /** How many times the limit it holds: a limit a second is counted for longer, so that who was quiet may do much at once. */
  times: number;
}

/** For how long each limit is counted; sessions are held. @param keptMs how long a picture is kept. */
export function quotaWindows(keptMs: number): Readonly<Record<Exclude<QuotaName, "sessions">, QuotaWindow>> {
  return {
    requestsPerSecond: { lengthMs: 10 * seconds, times: 10 },
    framesPerSecond: { lengthMs: 10 * seconds, times: 10 },
    bytesPerSecond: { lengthMs: 60 * seconds, times: 60 },
    clicksPerMinute: { lengthMs: 60 * seconds, times: 1 },
    encodesPerHour: { lengthMs: hours, times: 1 },
    everythingPointsPerHour: { lengthMs: hours, times: 1 },
    storedBytes: { lengthMs: keptMs, times: 1 },
  };
}
