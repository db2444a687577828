import { readFile } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { optimiseDecoder } from "../rewrite/optimise-decoder.js";
import { decoderSession } from "./decoder-session.js";

const { stockPath } = workerData as { stockPath: string };
// Proven with the options that it is served with.
parentPort?.postMessage(await optimiseDecoder(await readFile(stockPath), decoderSession(2)));
