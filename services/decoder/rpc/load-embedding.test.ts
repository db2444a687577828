import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { type LoadEmbeddingRequest, LoadEmbeddingRequestSchema } from "../../../proto/index.js";
import { Admission } from "../../inference/admission.js";
import { embeddingRef } from "../../inference/models/embedding-ref.js";
import { Manifest, type ModelSpec } from "../../inference/models/manifest.js";
import { embeddingTensors } from "../../inference/models/model-tensors.js";
import { pictureSet } from "../../inference/picture-set.js";
import { Code } from "../../runtime/errors.js";
import { alwaysOpen } from "../../runtime/overload/doorkeeper.js";
import { callContext } from "../../runtime/testing/call-context.js";
import { fakeLogger } from "../../runtime/testing/fake-logger.js";
import { encodeEmbeddingRecord } from "../../stores/embedding-record.js";
import { EmbeddingStore } from "../../stores/embedding-store.js";
import { createMemoryStore } from "../../stores/memory-store.js";
import { SigningKeys } from "../../stores/signing-keys.js";
import { storeOptions } from "../../stores/testing/blob-store-contract.js";
import { EmbeddingCache } from "../pictures/embedding-cache.js";
import { loadEmbedding } from "./load-embedding.js";

const manifest = Manifest.read();
const real = manifest.get(manifest.defaultId);
const model: ModelSpec = {
  ...real,
  encoder: { ...real.encoder, outputs: [{ name: "output", role: "image", dims: [1, 4] }] },
};
const imageId = `sha256:${"a".repeat(64)}`;
const crop = { x: 1, y: 1, width: 2, height: 2 };
const ref = embeddingRef({ tenant: undefined, imageId, model });

const recordOf = (changes: object = {}) =>
  encodeEmbeddingRecord(
    {
      imageId,
      modelId: model.id,
      weights: model.encoder.sha256,
      dtype: "float16",
      width: 4,
      height: 3,
      tensors: embeddingTensors(model),
      ...changes,
    },
    [Uint16Array.of(1, 2, 3, 4)],
  );

function open(maxBytes = 10_000) {
  const nothing = new EmbeddingStore(createMemoryStore(1, storeOptions()), {
    metrics: new Registry(),
    logger: fakeLogger(),
    limits: { maxImagePixels: 100 },
    keys: new SigningKeys(),
  });
  const embeddings = new EmbeddingCache(nothing, { maxBytes, ttlMs: 60_000, refuseMs: 5000 });
  const admission = new Admission(alwaysOpen);
  const handler = loadEmbedding({ admission, models: { serving: () => model }, embeddings });
  return {
    admission,
    embeddings,
    load: (requests: AsyncIterable<LoadEmbeddingRequest>) => handler(requests, callContext()),
  };
}

type Part = MessageInitShape<typeof LoadEmbeddingRequestSchema>["part"];
const header = (value: object = { imageId }): Part => ({ case: "header", value });
const chunk = (value: Uint8Array): Part => ({ case: "chunk", value });

async function* stream(parts: Part[]): AsyncGenerator<LoadEmbeddingRequest> {
  for (const part of parts) yield create(LoadEmbeddingRequestSchema, { part } as never);
}

it("keeps a record that comes in pieces, and answers the next before it has read any", async () => {
  const { embeddings, load } = open();
  const record = recordOf();
  const parts = [header(), chunk(record.subarray(0, 30)), chunk(record.subarray(30))];
  expect(await load(stream(parts))).toEqual({ cached: false });
  const found = await embeddings.get(ref);
  expect(found).toMatchObject({ local: true, embedding: { width: 4, height: 3 } });
  expect(Buffer.compare(new Uint8Array(found?.embedding.record as SharedArrayBuffer), record)).toBe(0);
  const second = stream(parts);
  expect(await load(second)).toEqual({ cached: true });
  expect((await second.next()).value?.part.case).toBe("chunk");
});

it("keeps the embedding of a part apart from the whole picture's", async () => {
  const { embeddings, load } = open();
  await load(stream([header({ imageId, crop }), chunk(recordOf({ crop }))]));
  expect((await embeddings.get(embeddingRef({ tenant: undefined, imageId, model, crop })))?.embedding).toMatchObject({
    width: 2,
    height: 2,
  });
  expect(await embeddings.get(ref)).toBeUndefined();
});

const damaged = recordOf();
damaged[damaged.length - 1] = (damaged.at(-1) as number) ^ 1;

it.each<[string, Part[]]>([
  ["damaged", [header(), chunk(damaged)]],
  ["cut short", [header(), chunk(recordOf().subarray(0, 40))]],
  ["empty", [header()]],
  ["of another picture", [header(), chunk(recordOf({ imageId: `sha256:${"b".repeat(64)}` }))]],
  ["of other weights", [header(), chunk(recordOf({ weights: "0".repeat(64) }))]],
  ["of a part where the whole is meant", [header(), chunk(recordOf({ crop }))]],
  ["larger than any", [header(), chunk(new Uint8Array(70_000))]],
  ["sent without a header", [chunk(recordOf())]],
  ["sent with two headers", [header(), header()]],
  ["of no picture", [header({ imageId: "picture" })]],
])("refuses a record that is %s, and keeps nothing", async (_name, parts) => {
  const { embeddings, load } = open();
  // More often than there are places: each gives its own back.
  for (let turn = 0; turn < 40; turn++) {
    await expect(load(stream(parts))).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
  }
  expect(embeddings.bytes).toBe(0);
});

it("names the setting that differs when it is of another frame", async () => {
  const { load } = open();
  await expect(load(stream([header(), chunk(recordOf({ frame: "picture" }))]))).rejects.toMatchObject({
    code: Code.FAILED_PRECONDITION,
    message: expect.stringContaining("MASKWIRE_ENCODER_FRAME"),
  });
});

it("says so when there is no room for it", async () => {
  const { load } = open(20);
  const loading = load(stream([header(), chunk(recordOf())]));
  await expect(loading).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
});

it("takes a number of them at once and no more, and none once the decoder drains", async () => {
  const { admission, load } = open();
  const slow = Array.from({ length: 40 }, () => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    async function* parts() {
      yield* stream([header()]);
      await ended;
      yield* stream([chunk(recordOf())]);
    }
    return {
      end,
      outcome: load(parts()).then(
        () => "kept",
        (error) => error.code,
      ),
    };
  });
  // All have been begun, and those over the number refused.
  const refused = await Promise.all(slow.slice(32).map(({ outcome }) => outcome));
  expect(refused).toEqual(Array(8).fill(Code.RESOURCE_EXHAUSTED));
  for (const { end } of slow) end();
  expect(await Promise.all(slow.slice(0, 32).map(({ outcome }) => outcome))).toEqual(Array(32).fill("kept"));
  admission.end();
  expect(await load(stream([header()]))).toEqual({ cached: true });
  const other = header({ imageId: `sha256:${"b".repeat(64)}` });
  await expect(load(stream([other]))).rejects.toMatchObject({ code: Code.UNAVAILABLE });
});

it("K6 refuses what was deleted while it came, and what may have left its encoder before", async () => {
  const { embeddings, load } = open();
  async function* parts() {
    yield* stream([header()]);
    embeddings.forget(pictureSet(undefined, imageId));
    yield* stream([chunk(recordOf())]);
  }
  await expect(load(parts())).rejects.toMatchObject({ code: Code.NOT_FOUND });
  await expect(load(stream([header(), chunk(recordOf())]))).rejects.toMatchObject({ code: Code.NOT_FOUND });
  expect(embeddings.bytes).toBe(0);
});
