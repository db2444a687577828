/**
 * A place that several objects' masks hold is the one's that is surest of it: the others are at least as sure that it is not theirs.
 * So it is between the grid's places too, wherever a mask is traced: two of them add up to no more than 0 at every place, and what
 * is interpolated of both does as well.
 * @param masks logits of one grid, above 0 inside: changed.
 */
export function divide(masks: readonly Float32Array[]): void {
  const count = masks.length;
  if (count < 2) return;
  // By index: entries of each place would take ten times as long.
  for (let at = 0; at < masks[0]!.length; at++) {
    let [best, most] = [-1, 0];
    for (let index = 0; index < count; index++) {
      const logit = masks[index]![at]!;
      if (logit > most) [best, most] = [index, logit];
    }
    if (best < 0) continue;
    for (let index = 0; index < count; index++) {
      if (index !== best && masks[index]![at]! > -most) masks[index]![at] = -most;
    }
  }
}
