import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { writeAnnotations } from "../formats.js";

/** What a thread with little memory is to do. */
export interface LargeFile {
  readonly bytes: number;
  readonly isRead: boolean;
  readonly format: Parameters<typeof writeAnnotations>[0];
}

interface Done {
  /** Objects read, or bytes written. */
  readonly count: number;
  /** That the file has. */
  readonly objects: number;
  /** Of buffers at one time. */
  readonly mostBuffers: number;
}

/** @throws the thread's error, such as that its heap is full. */
export async function inLittleMemory(work: LargeFile, heapMiB: number): Promise<Done> {
  const worker = new Worker(new URL("./large-file-worker.js", import.meta.url), {
    workerData: work,
    resourceLimits: { maxOldGenerationSizeMb: heapMiB },
  });
  const ended = once(worker, "exit");
  // Rejects with the thread's error.
  const [done] = await once(worker, "message");
  await ended;
  return done as Done;
}
