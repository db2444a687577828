/** A place that several objects' masks hold is the one's that is surest of it. @param masks logits of one grid, above 0 inside: changed. */
export function divide(masks: readonly Float32Array[]): void {
  if (masks.length < 2) return;
  for (let at = 0; at < masks[0]!.length; at++) {
    let [best, most] = [-1, 0];
    for (const [index, logits] of masks.entries()) if (logits[at]! > most) [best, most] = [index, logits[at]!];
    if (best < 0) continue;
    for (const [index, logits] of masks.entries()) if (index !== best && logits[at]! > 0) logits[at] = -logits[at]!;
  }
}
