import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";

/** What the worker is started with: a graph, the inputs of every run and the outputs to fetch. */
export interface BareWorkerData {
  path: string;
  threads: number;
  feeds: Record<string, { data: Float32Array; dims: number[] }>;
  outputs: string[];
}

// With the session options of the service, so that what differs is not the runtime's set-up.
const { path, threads, feeds, outputs } = workerData as BareWorkerData;
const session = await InferenceSession.create(path, {
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  extra: { session: { intra_op: { allow_spinning: "0" } } },
});
const inputs = Object.fromEntries(
  Object.entries(feeds).map(([name, { data, dims }]) => [name, new Tensor("float32", data, dims)]),
);
parentPort?.on("message", async () => {
  const startedAt = performance.now();
  await session.run(inputs, outputs);
  parentPort?.postMessage(performance.now() - startedAt);
});
await session.run(inputs, outputs);
parentPort?.postMessage(0);
