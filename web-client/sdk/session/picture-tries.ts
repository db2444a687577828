/** Tries of one picture, beyond which whoever opened it is asked. */
export const mostPictureTries = 8;
const defaultRetryMs = 1_000;
/** A service that starts needs some seconds for its model; a wait much longer than that looks like a dead one. */
const longestRetryMs = 8_000;

/** How long to wait before a picture is tried again. @param tries those that have failed, but for this one. */
export function pictureRetryMs(hintMs: number | undefined, tries: number): number {
  const leastMs = hintMs ?? defaultRetryMs;
  return Math.max(leastMs, Math.min(longestRetryMs, leastMs * 2 ** tries));
}
