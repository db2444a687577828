import { setTimeout as sleep } from "node:timers/promises";

/** Between two looks: often enough for a person, seldom enough to leave the processor to what is waited for. */
const lookEveryMs = 20;

/** Resolves when it is so, for what tells nobody: the metrics of a process, the keys of a cache. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(lookEveryMs);
}
