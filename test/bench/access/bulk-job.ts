import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { BulkDone, BulkWork } from "./bulk-job-thread.js";

/** Until all of it is under way. */
const beginMs = 500;

/** What a tenant can ask for that nobody waits for, asked from a thread of its own. */
export class BulkJob {
  readonly #worker: Worker;

  private constructor(work: BulkWork) {
    this.#worker = new Worker(new URL("./bulk-job-thread.js", import.meta.url), { workerData: work });
  }

  /** Resolves when it is at work. */
  static async start(work: BulkWork): Promise<BulkJob> {
    const job = new BulkJob(work);
    await sleep(beginMs);
    return job;
  }

  /** Ends it. @returns what was done. */
  async end(): Promise<BulkDone> {
    this.#worker.postMessage("end");
    const [done] = await once(this.#worker, "message");
    await this.#worker.terminate();
    return done;
  }
}
