import { parentPort, workerData } from "node:worker_threads";
import { createSession } from "../../inference/models/create-session.js";
import { GraphBuilder } from "../../inference/onnx/graph-builder.js";
import type { EncoderRuntime } from "./encoder-runtime.js";

const graph = new GraphBuilder("nothing");
graph.output("output", graph.node("Relu", [graph.input("input", [1, 8], "")]), [1, 8], "");
const { session } = await createSession(graph.build(), workerData as EncoderRuntime);
await session.release();
parentPort?.postMessage(true);
