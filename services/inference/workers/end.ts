import type { Worker } from "node:worker_threads";
import { endWorker } from "./worker-protocol.js";

/**
 * A thread that is stopped inside the inference runtime takes the whole process down (SIGABRT), so it is asked to end by
 * itself: once its run or its loading, which nothing can interrupt, is over.
 */
export async function end(worker: Worker, endMs: number): Promise<void> {
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.postMessage(endWorker);
  const hung = setTimeout(() => worker.terminate(), endMs);
  await ended;
  clearTimeout(hung);
}
