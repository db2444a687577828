import { setTimeout as sleep } from "node:timers/promises";
import { Code, ServiceError } from "../../runtime/errors.js";
import type { PictureSize } from "../../sam/prompts/check-prompt.js";
import type { DecodedGrid, GridTask } from "../worker/decoder-tasks.js";
import type { EverythingOptions } from "./everything-options.js";
import type { EverythingReport } from "./everything-report.js";
import type { Part } from "./parts.js";
import type { GridPoint } from "./point-grid.js";
import { takeBatch } from "./point-order.js";

interface Search {
  picture: PictureSize;
  options: Pick<EverythingOptions, "thresholds" | "wanted">;
  report: EverythingReport;
  signal: AbortSignal;
}

/**
 * Asks the points of a part, and tells what is found.
 * @returns asks batch after batch until none is left; to be run by several at once. @throws what a task throws; the signal's reason.
 */
export function searchPart(
  { crop, tasks, grid: { points }, order, ledger }: Part,
  search: Search,
): () => Promise<void> {
  const { picture, options, report, signal } = search;
  const { thresholds, wanted } = options;
  const part = crop.layer > 0 ? { part: { crop, picture } } : {};
  // Answers are taken in the order in which their batches were asked, and the next batch is chosen then: which worker is
  // faster must not change the result.
  let taken: Promise<number[]> = Promise.resolve([]);
  const takeInTurn = async (before: Promise<unknown>, coming: Promise<DecodedGrid>, batch: number[]) => {
    const answers = await coming;
    await before;
    signal.throwIfAborted();
    for (const [at, masks] of answers.entries()) {
      const index = batch[at] as number;
      const kept = wanted ? masks.filter((mask) => wanted.match(mask)) : masks;
      const { newMasks, ...change } = ledger.add(points[index] as GridPoint, kept);
      order.answered(index, newMasks);
      report.answered();
      await report.change(change, crop);
    }
    return takeBatch(order);
  };
  return async () => {
    for (let batch = takeBatch(order); batch.length > 0; ) {
      const asked = batch.map((index) => points[index] as GridPoint);
      const answers = patiently(signal, () =>
        tasks.run<GridTask>({ kind: "grid", points: asked, thresholds, ...part }),
      );
      taken = takeInTurn(taken, answers, batch);
      batch = await taken;
      await report.progress();
    }
  };
}

/** Bulk work waits while people fill the queue; it never adds to an overload. */
async function patiently<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof ServiceError && error.code === Code.RESOURCE_EXHAUSTED)) throw error;
      await sleep(error.retryAfterMs ?? 100, undefined, { signal });
    }
  }
}
