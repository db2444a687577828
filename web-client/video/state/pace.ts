/** Times are said in milliseconds, and rounded on their way. */
const slackMs = 0.6;

/**
 * Which frames are taken where so many a second are wanted: those that are shown when their time comes.
 * @param fps left out: every frame there is. @returns asked once a frame, in their order.
 */
export function paced(fps: number | undefined): (timeMs: number) => boolean {
  if (fps === undefined) return () => true;
  let due = 0;
  let first: number | undefined;
  return (timeMs) => {
    first ??= timeMs;
    const at = timeMs - first;
    if (at + slackMs < (due * 1000) / fps) return false;
    due = Math.floor(((at + slackMs) * fps) / 1000) + 1;
    return true;
  };
}
