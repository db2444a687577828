import { Worker } from "node:worker_threads";

/**
 * The first message of a thread: for seconds of calculation, which the thread that answers health checks has no time for.
 * @param entry a module that posts what it made.
 * @throws what the thread throws; Error when it ends without a word.
 */
export function inThread<Made>(entry: URL, workerData: unknown): Promise<Made> {
  const worker = new Worker(entry, { workerData });
  return new Promise<Made>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`${entry.pathname} stopped with exit code ${code}`)));
  }).finally(() => worker.terminate());
}
