/** A session as far as its silence goes. */
interface Quiet {
  /** Since when its client has sent nothing; milliseconds, monotonic. */
  readonly quietSince: number;
  /** Something is still to come for it. */
  readonly isWaiting: boolean;
}

/** A person who looks at the picture is not idle yet. */
const idleMs = 30_000;
/** Of all sessions, so many at a time: memory shows a moment later what it was good for. */
const part = 1 / 20;

/** O4: the sessions to close when memory runs short, those that have been idle longest. */
export function idlest<T extends Quiet>(sessions: Iterable<T>, now: number): T[] {
  const all = [...sessions];
  const idle = all.filter(({ quietSince, isWaiting }) => !isWaiting && now - quietSince >= idleMs);
  return idle.sort((a, b) => a.quietSince - b.quietSince).slice(0, Math.ceil(all.length * part));
}
