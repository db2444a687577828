import { once } from "node:events";
import { parentPort, workerData } from "node:worker_threads";
import { imageIdOf } from "../../../services/runtime/image-id.js";

/** What a bulk job is made of. */
export interface BulkWork {
  url: string;
  headers: Record<string, string>;
  /** For everything mode, each one's pictures at once. */
  imageIds: readonly string[];
  /** To be uploaded, two at once; from the first again when all are. */
  pictures: readonly Uint8Array[];
}

export interface BulkDone {
  points: number;
  uploads: number;
  /** Uploads that were told to come later. */
  refused: number;
}

const uploadsAtOnce = 2;
const { url, headers, imageIds, pictures } = workerData as BulkWork;
const done: BulkDone = { points: 0, uploads: 0, refused: 0 };
const ending = new AbortController();
const { signal } = ending;

async function search(imageId: string): Promise<void> {
  const body = JSON.stringify({ imageId, mode: "EVERYTHING_MODE_EXHAUSTIVE" });
  const reply = await fetch(`${url}/v1/everything`, { method: "POST", headers, body, signal });
  if (!reply.ok || !reply.body) throw new Error(`everything mode: ${reply.status} ${await reply.text()}`);
  const decoder = new TextDecoder();
  let asked = 0;
  try {
    for await (const piece of reply.body) {
      const told = [...decoder.decode(piece, { stream: true }).matchAll(/"pointsDone":(\d+)/g)].at(-1);
      if (told) asked = Number(told[1]);
    }
  } finally {
    done.points += asked;
  }
}

async function upload(bytes: Uint8Array): Promise<void> {
  const where = `${url}/v1/images?priority=bulk&id=${imageIdOf(bytes)}`;
  const body = bytes as Uint8Array<ArrayBuffer>;
  const reply = await fetch(where, { method: "POST", headers, body, signal });
  if (!reply.ok && reply.status !== 429) throw new Error(`an upload: ${reply.status} ${await reply.text()}`);
  await reply.arrayBuffer();
  if (reply.ok) done.uploads++;
  else done.refused++;
}

async function again(work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

let next = 0;
const uploads = pictures.length === 0 ? 0 : uploadsAtOnce;
const running = Promise.all([
  ...imageIds.map((imageId) => again(() => search(imageId))),
  ...Array.from({ length: uploads }, () => again(() => upload(pictures[next++ % pictures.length] as Uint8Array))),
]);
if (!parentPort) throw new Error("this runs in a thread");
await Promise.race([once(parentPort, "message"), running]);
ending.abort();
await running;
parentPort.postMessage(done);
