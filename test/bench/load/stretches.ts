/** A part of the time that was measured, of `performance.now()`, and the share of a core that others took in it. */
export interface Stretch {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly elsewhere: number;
}

/**
 * The stretches that say something about us: in them, and in the ones before, nobody else was busy; what queued up behind
 * others is answered in the stretch after. Unknown shares count as calm.
 */
export function calmStretches(all: readonly Stretch[], most: number): Stretch[] {
  const isCalm = (one: Stretch | undefined) => one === undefined || !(one.elsewhere > most);
  return all.filter((one, index) => isCalm(one) && isCalm(all[index - 1]));
}

export function totalMs(stretches: readonly Pick<Stretch, "fromMs" | "untilMs">[]): number {
  return stretches.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0);
}
