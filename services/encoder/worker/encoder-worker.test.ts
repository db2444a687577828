import { afterAll, beforeAll, expect, it } from "vitest";
import { WorkerPool } from "../../inference/workers/worker-pool.js";
import { Code } from "../../runtime/errors.js";
import { freePort } from "../../runtime/testing/free-port.js";
import { decodeEmbeddingRecord } from "../../stores/embedding-record.js";
import { FakeModelServer } from "../remote/testing/fake-model-server.js";
import { type PatchModel, patchModel } from "../remote/testing/patch-model.js";
import type { EncodedDraft, EncodedImage, EncoderDetail, EncodeTask } from "./encoder-tasks.js";
import type { EncoderWorkerData } from "./encoder-worker.js";

type Pool = WorkerPool<EncodeTask, EncodedImage, EncodedDraft>;

const closed: AsyncDisposable[] = [];
let patches: PatchModel;
let pool: Pool;
let port: number;

/** One worker that prefers a server which is not there yet. */
beforeAll(async () => {
  patches = await patchModel();
  port = await freePort();
  const { model, graphs, reference } = patches;
  const data: EncoderWorkerData = {
    models: [{ model, graphs, reference, bytes: 1 }],
    atOnce: [model.id],
    loadedBytes: 1e6,
    ways: {
      providers: [`oip:grpc://127.0.0.1:${port}/{model}`, "cpu"],
      threads: 1,
      calls: { atOnce: 3, callMs: 5000 },
    },
    yields: false,
  };
  const entry = new URL("./encoder-worker.js", import.meta.url);
  pool = await WorkerPool.start({ entry, data: () => data, size: 1, maxQueue: 10, hungMs: 60_000, what: "pictures" });
});

afterAll(async () => {
  await pool.close();
  for (const one of closed) await one[Symbol.asyncDispose]();
});

async function serve(): Promise<FakeModelServer> {
  const server = await FakeModelServer.start(patches.served({ takesFrames: true }), port);
  closed.push(server);
  return server;
}

const detail = () => (pool.details[0] as EncoderDetail).patches;

function encode(signal?: AbortSignal, onDraft?: (draft: EncodedDraft) => void): Promise<EncodedImage> {
  const pixels = {
    width: 128,
    height: 90,
    channels: 3,
    data: new Uint8Array(128 * 90 * 3).map((_, at) => (at * 7) % 251),
  };
  const reading = { orientation: 1, page: 1, pages: 1 };
  const task = { imageId: `sha256:${"a".repeat(64)}`, modelId: "patches", pixels, reading, width: 128, height: 90 };
  return pool.run(
    { ...task, draft: onDraft !== undefined },
    { ...(signal && { signal }), ...(onDraft && { onPart: onDraft }) },
  );
}

const tensorOf = ({ record }: EncodedImage) => decodeEmbeddingRecord(record).tensors;

it("encodes by the processor until the server is there, then by that, several at once, and again when it is lost under them", async () => {
  expect(detail()).toMatchObject({ provider: "cpu", takesFrames: true });
  expect(detail()?.skipped.join()).toMatch(/^oip:grpc:.*: the server cannot be reached/);
  const expected = tensorOf(await encode());

  const server = await serve();
  await expect.poll(() => detail()?.provider, { timeout: 5000 }).toBe(`oip:grpc://127.0.0.1:${port}/{model}`);
  expect(detail()?.skipped).toEqual([]);
  const { runs } = server.seen;
  const embeddings = await Promise.all([encode(), encode(), encode()]);
  for (const one of embeddings) expect(tensorOf(one)).toEqual(expected);
  expect(server.seen.runs - runs).toBe(3);

  server.behaviour.refusals = 2;
  const drafts: EncodedDraft[] = [];
  expect(tensorOf(await encode(undefined, (draft) => drafts.push(draft)))).toEqual(expected);
  expect(drafts).toHaveLength(1);
  // Lost with the draft, it is not asked for the picture.
  expect([server.seen.runs - runs, detail()?.provider]).toEqual([5, "cpu"]);
  await expect.poll(() => detail()?.provider, { timeout: 5000 }).not.toBe("cpu");

  server.behaviour.gate = new Promise(() => {});
  const leaving = new AbortController();
  const left = encode(leaving.signal);
  const others = [encode(), encode()];
  await expect.poll(() => server.seen.now).toBe(3);
  leaving.abort();
  await expect(left).rejects.toMatchObject({ code: Code.CANCELLED });
  await server[Symbol.asyncDispose]();
  for (const one of await Promise.all(others)) expect(tensorOf(one)).toEqual(expected);
  expect(detail()).toMatchObject({ provider: "cpu" });
});
