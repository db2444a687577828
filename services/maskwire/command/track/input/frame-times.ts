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

/** The frames that are shown `fps` times a second: some of them twice, others never. `times` rise. */
export function resampled(times: readonly number[], endMs: number, fps: number): { frame: number; timeMs: number }[] {
  const count = Math.max(1, Math.round((endMs * fps) / 1000));
  let frame = 0;
  return Array.from({ length: count }, (_, at) => {
    const timeMs = (at * 1000) / fps;
    while (frame + 1 < times.length && (times[frame + 1] ?? 0) <= timeMs + 1e-6) frame++;
    return { frame, timeMs };
  });
}
