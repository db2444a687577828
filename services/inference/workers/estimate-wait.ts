/**
 * Milliseconds until the task at a place in line begins, when every task takes the same time.
 * @param place 1 is next.
 * @param taskMs time of one task.
 * @param leftMs for each worker what is left of its present task, at most `taskMs`; 0 for one that is free.
 */
export function estimateWait(place: number, taskMs: number, leftMs: readonly number[]): number {
  if (leftMs.length === 0) return place * taskMs;
  // Workers take turns in the order in which they come free.
  const inTurn = [...leftMs].sort((a, b) => a - b);
  const [turn, round] = [(place - 1) % inTurn.length, Math.floor((place - 1) / inTurn.length)];
  return (inTurn[turn] ?? 0) + round * taskMs;
}

/** What is left of a task; one that takes longer than others did may end at any moment. */
export function leftOf(taskMs: number, ranMs: number): number {
  return Math.max(0, taskMs - ranMs);
}
