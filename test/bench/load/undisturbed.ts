import type { Rig } from "./rig.js";

/** Of one core: more than this taken by others, and a figure says something about them. */
export const mostElsewhere = 0.1;

type Say = (line: string) => void;

/** @returns for each call the share of a core that others took since the one before; NaN where the system does not say. */
export function watchOthers(rig: Pick<Rig, "cpuSeconds">): () => number {
  const read = () => ({ at: performance.now(), seconds: rig.cpuSeconds().elsewhere ?? Number.NaN });
  let before = read();
  return () => {
    const now = read();
    const share = (1000 * (now.seconds - before.seconds)) / (now.at - before.at);
    before = now;
    return share;
  };
}

/** How long a whole experiment goes on waiting for others to leave the machine alone. */
export class Patience {
  #leftMs: number;

  constructor(seconds: number) {
    this.#leftMs = 1000 * seconds;
  }

  get isOver(): boolean {
    return this.#leftMs <= 0;
  }

  /** So long something was measured that will not count. */
  spend(ms: number): void {
    this.#leftMs -= ms;
  }
}

/**
 * Measures a short thing until nobody else was busy on this machine meanwhile; when patience is over, the least disturbed
 * try counts, whatever it says.
 * @returns its result, and the share of a core that others took.
 */
export async function undisturbed<T>(
  rig: Pick<Rig, "cpuSeconds">,
  patience: Patience,
  say: Say,
  measure: () => Promise<T>,
): Promise<{ result: T; elsewhere: number }> {
  const others = watchOthers(rig);
  for (let best: { result: T; elsewhere: number } | undefined; ; ) {
    others();
    const startedAt = performance.now();
    const result = await measure();
    const elsewhere = others();
    if (!best || elsewhere < best.elsewhere) best = { result, elsewhere };
    // Where nothing is known of others the first try counts.
    if (!(best.elsewhere > mostElsewhere) || patience.isOver) return best;
    say(`others took ${elsewhere.toFixed(2)} of a core meanwhile`);
    patience.spend(performance.now() - startedAt);
  }
}
