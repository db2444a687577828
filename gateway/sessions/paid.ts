import { restFor } from "../../services/runtime/waits.js";
import type { IntakeOptions } from "./intake.js";

/** What is paid for before and after it is done (F7). */
export type Purse = Pick<IntakeOptions, "frames" | "bytes" | "work">;

/** Resolves when a command of so many bytes may be taken: where a client is held back by not being read. Rejects when the signal aborts. */
export async function paid({ frames, bytes, work }: Purse, count: number, signal: AbortSignal): Promise<void> {
  // Work is only asked whether what it took before is made good.
  const prices = [[frames, 1], [bytes, count], ...work.map((one) => [one, 0] as const)] as const;
  for (const [pace, price] of prices) {
    for (let waitMs = pace.take(price); waitMs > 0; waitMs = pace.take(price)) {
      await restFor(waitMs, signal);
      signal.throwIfAborted();
    }
  }
}
