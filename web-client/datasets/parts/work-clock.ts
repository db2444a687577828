/** A pause that is longer is no work: the person was elsewhere. */
export const longestPauseMs = 5_000;

/** How long somebody has worked on a mask: only while they act. */
export interface WorkClock {
  readonly workedMs: number;
  /** When the person acted last; undefined before they have. */
  readonly actedAtMs: number | undefined;
}

export const stoppedClock: WorkClock = { workedMs: 0, actedAtMs: undefined };

/** The person did something: moved the pointer, pressed a key. Time since the last such counts, unless it was too long. */
export function acted({ workedMs, actedAtMs }: WorkClock, atMs: number): WorkClock {
  const pauseMs = atMs - (actedAtMs ?? atMs);
  return { workedMs: workedMs + (pauseMs > 0 && pauseMs <= longestPauseMs ? pauseMs : 0), actedAtMs: atMs };
}

/** A mask is finished; work on the next begins. @returns seconds that this one took. */
export function lapped(clock: WorkClock, atMs: number): readonly [seconds: number, next: WorkClock] {
  const { workedMs } = acted(clock, atMs);
  return [Math.round(workedMs / 100) / 10, { workedMs: 0, actedAtMs: atMs }];
}
