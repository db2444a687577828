import { parentPort } from "node:worker_threads";
import { describeError, isInternal } from "../../runtime/errors.js";
import { longestTimerMs } from "../../runtime/longest-timer.js";
import {
  endWorker,
  type FromWorker,
  type Left,
  type News,
  type ToWorker,
  type Transferable,
} from "./worker-protocol.js";

interface Loaded<Task, Result, Part> {
  /**
   * @param tell what of the result can be used before all of it is there.
   * @param leaving aborts when nobody wants the result any more.
   */
  run: (
    task: Task,
    alone: boolean,
    tell: (part: Transferable<Part>) => void,
    leaving: () => AbortSignal,
  ) => Promise<Transferable<Result>>;
  detail: unknown;
  /** How many tasks it can have at once, asked whenever it says something; one when left out. */
  seats?: () => number;
  /** Hears at once what the pool tells all workers, be it while a task runs. */
  hear?: (news: unknown) => void;
  /** About how long a task takes in ms: the estimate until the first has been done. */
  taskMs?: number;
  /** It is to end: what would keep its thread is closed. */
  end?: () => void;
}

/**
 * The worker's side of a `WorkerPool`: loads, says so, then runs one task after another, or as many at once as it has seats.
 * @param load prepares the worker; what it returns as `detail` the pool shows, until it says something else.
 */
export async function serveTasks<Task, Result, Part = never>(
  load: (say: (detail: unknown, isLoading: boolean) => void) => Promise<Loaded<Task, Result, Part>>,
): Promise<void> {
  const port = parentPort;
  if (!port) throw new Error("This file is the entry of a worker thread.");
  const post = (message: FromWorker, transfer: Transferable<Result>["transfer"] = []) =>
    port.postMessage(message, transfer);
  let ready: Loaded<Task, Result, Part> | undefined;
  const seatsOf = ({ seats }: Loaded<Task, Result, Part>) => seats?.() ?? 1;
  // Who waits for a server has nothing that keeps the thread.
  const staying = setInterval(() => {}, longestTimerMs);
  const loaded = await load((detail, isLoading) => {
    if (ready) post({ kind: "detail", detail, isLoading, seats: seatsOf(ready) });
  }).finally(() => clearInterval(staying));
  const { run, detail, hear, taskMs, end } = loaded;
  /** Of tasks that can be left. */
  const leavings = new Map<number, AbortController>();
  port.on("message", async (message: ToWorker | News | Left | typeof endWorker) => {
    if (message === endWorker) {
      end?.();
      return port.close();
    }
    if ("news" in message) return hear?.(message.news);
    if ("left" in message) return leavings.get(message.left)?.abort();
    const { id, task, alone } = message;
    try {
      const { result, transfer } = await run(
        task as Task,
        alone,
        (part) => post({ kind: "part", id, result: part.result }, part.transfer),
        () => {
          const leaving = leavings.get(id) ?? new AbortController();
          leavings.set(id, leaving);
          return leaving.signal;
        },
      );
      post({ kind: "done", id, result }, transfer);
    } catch (error) {
      const stack = isInternal(error) && error instanceof Error ? error.stack : undefined;
      post({ kind: "failed", id, error: describeError(error), stack });
    } finally {
      leavings.delete(id);
    }
  });
  ready = loaded;
  post({ kind: "ready", detail, seats: seatsOf(loaded), taskMs });
}
