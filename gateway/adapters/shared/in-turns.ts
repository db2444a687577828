import { setImmediate as nextTurn } from "node:timers/promises";

/** Works through many, and lets the event loop go on after each: one takes milliseconds, and there may be hundreds. */
export async function inTurns<One, Made>(
  all: readonly One[],
  work: (one: One, index: number) => Made,
): Promise<Made[]> {
  const made: Made[] = [];
  for (const [index, one] of all.entries()) {
    if (index > 0) await nextTurn();
    made.push(work(one, index));
  }
  return made;
}
