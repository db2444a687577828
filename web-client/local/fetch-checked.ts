import { floatTensors } from "../../services/sam/decode/float-tensors.js";
import type { FloatTensor } from "../../services/sam/decode/graph-runner.js";
import { decodeEmbeddingRecord } from "../../services/sam/embedding-record.js";
import { ask } from "../access/bearer.js";
import { crc32 } from "./crc32.js";

/** A gateway that hands out too many of these files at once says when to come again (D4). */
const mostTries = 4;
/** Who says longer than this is not worth waiting for: the server decodes meanwhile. */
const longestWaitMs = 10_000;

/** Comes again when it is told to. @throws Error unless the answer is 200 in the end; whatever `init.signal` aborts with. */
export async function fetchOk(url: URL, init?: Parameters<typeof ask>[1]): Promise<Response> {
  for (let tries = 1; ; tries++) {
    const response = await ask(url, init);
    if (response.ok) return response;
    const waitMs = 1000 * Number(response.headers.get("retry-after") ?? Number.NaN);
    if (tries === mostTries || !(waitMs >= 0 && waitMs <= longestWaitMs)) {
      throw new Error(`${url.pathname} was answered with ${response.status}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

/** A file by its digest. @throws Error when its bytes are others. */
export async function fetchChecked(url: URL, sha256: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await (await fetchOk(url)).arrayBuffer());
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex !== sha256) throw new Error(`${url.pathname} has another digest than was said.`);
  return bytes;
}

interface Embedding {
  readonly tensors: FloatTensor[];
  /** Pixels of the upright picture. */
  readonly width: number;
  readonly height: number;
}

/** Longer than two megabytes take where decoding here is of any use; the picture then stays with the server. */
const longestEmbeddingMs = 30_000;

/** A picture's embedding (D1). @throws RecordError when it is damaged; Error when it is not for these graphs. */
export async function fetchEmbedding(
  service: string,
  imageId: string,
  model: string,
  encoderWeights: string,
): Promise<Embedding> {
  const url = new URL(`v1/images/${imageId}/embedding?model=${encodeURIComponent(model)}`, service);
  const record = new Uint8Array(
    await (await fetchOk(url, { signal: AbortSignal.timeout(longestEmbeddingMs) })).arrayBuffer(),
  );
  const decoded = decodeEmbeddingRecord(record, crc32);
  const { imageId: found, weights, crop, width, height } = decoded.header;
  const isOther = found !== imageId || weights !== encoderWeights || crop !== undefined;
  if (isOther) throw new Error("The embedding is not for this.");
  return { tensors: floatTensors(decoded), width, height };
}
