import { parentPort, workerData } from "node:worker_threads";
import { createSession } from "../../inference/models/create-session.js";
import { floatsOf, floatTensor } from "../../inference/models/float-tensor.js";
import { probe } from "../rewrite/probe.js";
import type { ProbeMaking } from "./encoder-runtime.js";

const { stockPath, threads, input, output, dims, frame } = workerData as ProbeMaking;
const { session, inputTypes } = await createSession(stockPath, { providers: ["cpu"], threads });
const results = await session.run({ [input]: floatTensor(probe(frame), dims, inputTypes[input] ?? "float32") });
const values = floatsOf(results[output]);
if (!values) throw new Error(`the encoder's output "${output}" is no tensor of floats`);
parentPort?.postMessage(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
await session.release();
