import type { TransferListItem } from "node:worker_threads";
import type { ErrorInit } from "../../runtime/errors.js";

export type ToWorker = {
  id: number;
  task: unknown;
  /** Nothing else runs or waits: the task may take all cores. */
  alone: boolean;
};
/** What every worker is told, whatever it does: see `WorkerPool.tell`. */
export type News = { news: unknown };
/** Nobody wants the result of this task any more. */
export type Left = { left: number };
/** Asks a worker to end when its task is done. */
export const endWorker = "end";
export type FromWorker =
  /**
   * `seats`: how many tasks it can have at once. `taskMs`: how long one takes, as the worker has found out while it warmed up.
   */
  | { kind: "ready"; detail: unknown; seats: number; taskMs?: number | undefined }
  /** What it said of itself has changed, or does in a moment: it is loading something for its task. */
  | { kind: "detail"; detail: unknown; isLoading: boolean; seats: number }
  /** Of a task that goes on: what can be used already. */
  | { kind: "part"; id: number; result: unknown }
  | { kind: "done"; id: number; result: unknown }
  | { kind: "failed"; id: number; error: ErrorInit; stack?: string | undefined };

/** A result and what of it moves to the other thread instead of being copied. */
export interface Transferable<T> {
  result: T;
  transfer: TransferListItem[];
}
