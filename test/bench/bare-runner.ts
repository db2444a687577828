import "../../services/inference/models/no-telemetry.js";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { BareRuns, BareWorkerData } from "./bare-worker.js";

/** A graph alone in a worker thread, run with the same inputs again and again: what a model costs without a service. */
export class BareRunner implements AsyncDisposable {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Resolves when it is loaded and warm. */
  static async start(data: BareWorkerData): Promise<BareRunner> {
    const worker = new Worker(new URL("./bare-worker.js", import.meta.url), { workerData: data });
    await once(worker, "message");
    return new BareRunner(worker);
  }

  /** @returns milliseconds of one run inside the worker. */
  async run(): Promise<number> {
    return (await this.runFor(0)).ms;
  }

  /** One run after another inside the worker, with nothing between them, for so long at least. */
  async runFor(leastMs: number): Promise<BareRuns> {
    this.#worker.postMessage(leastMs);
    const [done] = (await once(this.#worker, "message")) as [BareRuns];
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
