import { parentPort } from "node:worker_threads";
import { Random } from "../../simulation/random.js";
import type { Target } from "../attack.js";
import { attacks } from "../list/index.js";
import { type Counts, Tally } from "../tally.js";

/*
 * The attacker's own thread: what it costs to attack must not hold up those who measure.
 */

/** What the attacker is told to do. */
export interface Orders {
  name: string;
  target: Target;
  count: number;
  ms: number;
}

/** What it tells of it, now and then and at the end. */
export interface News {
  counts: Counts;
  isOver: boolean;
}

const tellMs = 500;

parentPort?.on("message", async ({ name, target, count, ms }: Orders) => {
  const attack = attacks.find((one) => one.name === name);
  if (!attack) throw new Error(`there is no attack "${name}"`);
  const tally = new Tally(count, ms);
  const tell = (isOver: boolean) => parentPort?.postMessage({ counts: tally.counts, isOver } satisfies News);
  const telling = setInterval(() => tell(false), tellMs);
  // What it throws ends the thread, which is told too.
  await attack.run(target, new Random(target.seed), tally);
  clearInterval(telling);
  tell(true);
});
