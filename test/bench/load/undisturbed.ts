import type { Rig } from "./rig.js";

/** Of one core: more than this taken by others, and a figure says something about them. */
const mostElsewhere = 0.1;
const tries = 3;

/**
 * Measures again when something else was busy on this machine meanwhile; in the end the least disturbed try counts, whatever
 * it says.
 * @returns its result, and the share of a core that others took; NaN where the system does not say.
 */
export async function undisturbed<T>(
  rig: Pick<Rig, "cpuSeconds">,
  say: (line: string) => void,
  measure: (attempt: number) => Promise<T>,
): Promise<{ result: T; elsewhere: number }> {
  let best: { result: T; elsewhere: number } | undefined;
  for (let attempt = 0; attempt < tries; attempt++) {
    const [startedAt, before] = [performance.now(), rig.cpuSeconds().elsewhere ?? Number.NaN];
    const result = await measure(attempt);
    const seconds = (performance.now() - startedAt) / 1000;
    const elsewhere = ((rig.cpuSeconds().elsewhere ?? Number.NaN) - before) / seconds;
    if (!best || elsewhere < best.elsewhere) best = { result, elsewhere };
    if (!(best.elsewhere > mostElsewhere)) return best;
    say(`others took ${elsewhere.toFixed(2)} of a core meanwhile`);
  }
  return best as { result: T; elsewhere: number };
}
