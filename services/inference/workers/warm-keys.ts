/** How many keys a worker is believed to keep warm. A hint for the choice of worker, never for correctness. */
const keysRemembered = 64;

/** What a worker has warm, the latest last, each with the number of the task that had it last. */
export class WarmKeys {
  readonly #keys = new Map<string, number>();

  get size(): number {
    return this.#keys.size;
  }

  /** The number of the task that had this key last; 0 when it is not warm. */
  lastOf(key: string): number {
    return this.#keys.get(key) ?? 0;
  }

  remember(key: string, id: number): void {
    this.#keys.delete(key);
    this.#keys.set(key, id);
    for (const oldest of this.#keys.keys()) {
      if (this.#keys.size <= keysRemembered) return;
      this.#keys.delete(oldest);
    }
  }
}

interface Candidate {
  readonly isFirst: boolean;
  readonly warm: WarmKeys;
}

interface Wish {
  key?: string | undefined;
  /** To where its key ran last, also when another could have all cores for it. */
  staysWithKey?: boolean | undefined;
  /** Nothing else runs or waits: the first worker may use all cores for it. */
  alone: boolean;
}

/** The worker for a task, of those that are free. @param free one or more. */
export function chooseWorker<W extends Candidate>(free: readonly W[], { key, staysWithKey = false, alone }: Wish): W {
  return (
    (staysWithKey ? warmest(free, key) : undefined) ??
    (alone ? free.find(({ isFirst }) => isFirst) : undefined) ??
    warmest(free, key) ??
    free.reduce((best, one) => (one.warm.size < best.warm.size ? one : best))
  );
}

/** Where a task of this key ran last. */
function warmest<W extends Candidate>(workers: readonly W[], key: string | undefined): W | undefined {
  if (key === undefined) return undefined;
  const latest = Math.max(...workers.map(({ warm }) => warm.lastOf(key)));
  return latest > 0 ? workers.find(({ warm }) => warm.lastOf(key) === latest) : undefined;
}
