import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { runtimeOptions } from "../../services/inference/models/create-session.js";

/** What the worker is started with: a graph, the inputs of every run and the outputs to fetch. */
export interface BareWorkerData {
  path: string;
  threads: number;
  feeds: Record<string, { data: Float32Array; dims: number[] }>;
  outputs: string[];
  /** As the service runs this graph; "all" when left out. */
  optimization?: "basic" | "all";
  /** As the service runs this graph; 0 when left out. */
  spinUs?: number;
}

/** Runs that took `ms` together. */
export interface BareRuns {
  runs: number;
  ms: number;
}

// With the session options of the service, so that what differs is not the runtime's set-up.
const { path, threads, feeds, outputs, optimization, spinUs } = workerData as BareWorkerData;
const session = await InferenceSession.create(
  path,
  runtimeOptions({ threads, ...(optimization ? { optimization } : {}), ...(spinUs ? { spinUs } : {}) }),
);
const inputs = Object.fromEntries(
  Object.entries(feeds).map(([name, { data, dims }]) => [name, new Tensor("float32", data, dims)]),
);
parentPort?.on("message", async (leastMs: number) => {
  const startedAt = performance.now();
  const done: BareRuns = { runs: 0, ms: 0 };
  do {
    await session.run(inputs, outputs);
    done.runs++;
    done.ms = performance.now() - startedAt;
  } while (done.ms < leastMs);
  parentPort?.postMessage(done);
});
await session.run(inputs, outputs);
parentPort?.postMessage("ready");
