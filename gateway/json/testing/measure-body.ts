import { readFileSync, writeFileSync } from "node:fs";
import { SaveObjectsRequestSchema } from "../../../proto/index.js";
import { JsonReader } from "../json-reader.js";
import { bodyOf, type Values } from "./bodies.js";

/*
 * A process that reads one body, which it is given as `Values` by its arguments, and prints how many bytes more than before it had at most.
 */

const inStatus = (key: string) =>
  Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;

const reader = new JsonReader({ bytes: 2 ** 40 });
const read = async (bytes: Uint8Array) => {
  const { signal } = new AbortController();
  await reader.read(SaveObjectsRequestSchema, bytes, "body", { who: { caller: "somebody" }, signal }).catch(() => {});
};
// The thread's own memory, and its code's.
await read(bodyOf([{ kind: "object", count: 20_000 }]));
const body = bodyOf(JSON.parse(process.argv[2] ?? "[]") as Values[]);
globalThis.gc?.();
// The most begins anew.
writeFileSync("/proc/self/clear_refs", "5");
const before = inStatus("VmRSS");
await read(body);
process.stdout.write(String(inStatus("VmHWM") - before));
reader.close();
