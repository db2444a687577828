export interface Tried {
  readonly sessions: number;
  readonly ok: boolean;
}

/**
 * How many sessions to try next, so as to find the most that are well served: up by half again while all goes well, then the
 * middle between the most that did and the fewest that did not.
 * @param first where to begin. @param grain as near as this share is near enough.
 * @returns undefined when found.
 */
export function nextTry(tried: readonly Tried[], first: number, grain: number): number | undefined {
  if (tried.length === 0) return first;
  const good = mostGood(tried);
  const bad = Math.min(...tried.filter(({ ok }) => !ok).map(({ sessions }) => sessions));
  if (bad === Number.POSITIVE_INFINITY) return Math.ceil(good * 1.5);
  const next = Math.round((good + bad) / 2);
  return bad - good <= Math.max(1, grain * bad) || next === good || next === bad ? undefined : next;
}

/** The most that were well served below the fewest that were not; 0 for none. */
export function mostGood(tried: readonly Tried[]): number {
  const bad = Math.min(...tried.filter(({ ok }) => !ok).map(({ sessions }) => sessions));
  return Math.max(0, ...tried.filter(({ ok, sessions }) => ok && sessions < bad).map(({ sessions }) => sessions));
}
