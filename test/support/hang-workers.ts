import { existsSync } from "node:fs";
import { join } from "node:path";
import { parentPort } from "node:worker_threads";

/*
 * Loaded into a server before its own code: its worker threads stand still with the next task that they get, as one does
 * that never comes back from the inference runtime, for as long as a file in `HANG_FOLDER` is named by the process's id.
 */

const lookMs = 20;
const file = join(process.env.HANG_FOLDER ?? "", String(process.pid));
const never = new Int32Array(new SharedArrayBuffer(4));

parentPort?.on("message", () => {
  while (existsSync(file)) Atomics.wait(never, 0, 0, lookMs);
});
