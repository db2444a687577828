/** Browsers take what is shown for no time, or next to none, for this. */
const unsaidMs = 100;
const leastMs = 10;

/** When each frame of an animated picture is shown, and when the last one has been. */
export function timesOf(delays: readonly number[], count: number): { times: number[]; endMs: number } {
  const times: number[] = [];
  let at = 0;
  for (let frame = 0; frame < count; frame++) {
    times.push(at);
    const delay = delays[frame] ?? 0;
    at += delay <= leastMs ? unsaidMs : delay;
  }
  return { times, endMs: at };
}

/** How many frames there are `fps` times a second. */
export const resampledCount = (endMs: number, fps: number): number => Math.max(1, Math.round((endMs * fps) / 1000));

/**
 * The first `count` frames that are shown `fps` times a second: some of them twice, others never. `times` rise.
 */
export function resampled(times: readonly number[], fps: number, count: number): { frame: number; timeMs: number }[] {
  let frame = 0;
  return Array.from({ length: count }, (_, at) => {
    const timeMs = (at * 1000) / fps;
    while (frame + 1 < times.length && (times[frame + 1] ?? 0) <= timeMs + 1e-6) frame++;
    return { frame, timeMs };
  });
}

/**
 * How many frames are drawn where the wanted ones, which rise, are had in strips of `together`: for each strip all from the
 * picture's first frame on.
 */
export function drawnFrames(wanted: readonly number[], together: number): number {
  let end = 0;
  let drawn = 0;
  for (const frame of wanted) {
    if (frame < end) continue;
    end = frame + together;
    drawn += end;
  }
  return drawn;
}
