import { parentPort } from "node:worker_threads";
import { describeError, isInternal } from "../../runtime/errors.js";
import { endWorker, type FromWorker, type News, type ToWorker, type Transferable } from "./worker-protocol.js";

interface Loaded<Task, Result, Part> {
  /** @param tell what of the result can be used before all of it is there. */
  run: (task: Task, alone: boolean, tell: (part: Transferable<Part>) => void) => Promise<Transferable<Result>>;
  detail: unknown;
  /** Hears at once what the pool tells all workers, be it while a task runs. */
  hear?: (news: unknown) => void;
  /** About how long a task takes in ms: the estimate until the first has been done. */
  taskMs?: number;
}

/**
 * The worker's side of a `WorkerPool`: loads, says so, then runs one task after another.
 * @param load prepares the worker; what it returns as `detail` the pool shows, until it says something else.
 */
export async function serveTasks<Task, Result, Part = never>(
  load: (say: (detail: unknown, isLoading: boolean) => void) => Promise<Loaded<Task, Result, Part>>,
): Promise<void> {
  const port = parentPort;
  if (!port) throw new Error("This file is the entry of a worker thread.");
  const post = (message: FromWorker, transfer: Transferable<Result>["transfer"] = []) =>
    port.postMessage(message, transfer);
  let isReady = false;
  const { run, detail, hear, taskMs } = await load((detail, isLoading) => {
    if (isReady) post({ kind: "detail", detail, isLoading });
  });
  port.on("message", async (message: ToWorker | News | typeof endWorker) => {
    if (message === endWorker) return port.close();
    if ("news" in message) return hear?.(message.news);
    const { id, task, alone } = message;
    try {
      const { result, transfer } = await run(task as Task, alone, (part) =>
        post({ kind: "part", id, result: part.result }, part.transfer),
      );
      post({ kind: "done", id, result }, transfer);
    } catch (error) {
      const stack = isInternal(error) && error instanceof Error ? error.stack : undefined;
      post({ kind: "failed", id, error: describeError(error), stack });
    }
  });
  isReady = true;
  post({ kind: "ready", detail, taskMs });
}
