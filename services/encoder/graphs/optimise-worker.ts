import { readFile } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { createSession } from "../../inference/models/create-session.js";
import { optimiseEncoder } from "../rewrite/optimise-encoder.js";
import type { EncoderMaking } from "./encoder-runtime.js";

const { stockPath, encoder, providers, threads } = workerData as EncoderMaking;
const load = (graph: Uint8Array) => createSession(graph, { providers, threads });
parentPort?.postMessage(await optimiseEncoder(await readFile(stockPath), encoder, load));
