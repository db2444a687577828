import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { type LoadEmbeddingRequest, LoadEmbeddingRequestSchema } from "../../proto/index.js";
import { embeddingRef } from "../inference/models/embedding-ref.js";
import { Manifest, type ModelSpec } from "../inference/models/manifest.js";
import { embeddingTensors } from "../inference/models/model-tensors.js";
import { Code } from "../runtime/errors.js";
import { fakeLogger } from "../runtime/testing/fake-logger.js";
import { encodeEmbeddingRecord } from "../stores/embedding-record.js";
import { EmbeddingStore } from "../stores/embedding-store.js";
import { createMemoryStore } from "../stores/memory-store.js";
import { SigningKeys } from "../stores/signing-keys.js";
import { storeOptions } from "../stores/testing/blob-store-contract.js";
import { type LoadTier, loadEmbedding } from "./load-embedding.js";
import { EmbeddingCache } from "./pictures/embedding-cache.js";

const manifest = Manifest.read();
const real = manifest.get(manifest.defaultId);
const model: ModelSpec = {
  ...real,
  encoder: { ...real.encoder, outputs: [{ name: "output", role: "image", dims: [1, 4] }] },
};
const imageId = `sha256:${"a".repeat(64)}`;
const crop = { x: 1, y: 1, width: 2, height: 2 };
const ref = embeddingRef({ imageId, model });

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
  let under = 0;
  const tier: LoadTier = {
    models: { serving: () => model },
    embeddings: new EmbeddingCache(nothing, maxBytes),
    enterLoad: () => {
      under++;
      return () => {
        under--;
      };
    },
  };
  return { tier, underWay: () => under };
}

type Part = MessageInitShape<typeof LoadEmbeddingRequestSchema>["part"];
const header = (value: object = { imageId }): Part => ({ case: "header", value });
const chunk = (value: Uint8Array): Part => ({ case: "chunk", value });

async function* stream(parts: Part[]): AsyncGenerator<LoadEmbeddingRequest> {
  for (const part of parts) yield create(LoadEmbeddingRequestSchema, { part } as never);
}

it("keeps a record that comes in pieces, and answers the next before it has read any", async () => {
  const { tier, underWay } = open();
  const record = recordOf();
  const parts = [header(), chunk(record.subarray(0, 30)), chunk(record.subarray(30))];
  expect(await loadEmbedding(tier, stream(parts))).toEqual({ cached: false });
  const found = await tier.embeddings.get(ref);
  expect(found).toMatchObject({ local: true, embedding: { width: 4, height: 3 } });
  expect(Buffer.compare(new Uint8Array(found?.embedding.record as SharedArrayBuffer), record)).toBe(0);
  const second = stream(parts);
  expect(await loadEmbedding(tier, second)).toEqual({ cached: true });
  expect((await second.next()).value?.part.case).toBe("chunk");
  expect(underWay()).toBe(0);
});

it("keeps the embedding of a part apart from the whole picture's", async () => {
  const { tier } = open();
  await loadEmbedding(tier, stream([header({ imageId, crop }), chunk(recordOf({ crop }))]));
  expect((await tier.embeddings.get(embeddingRef({ imageId, model, crop })))?.embedding).toMatchObject({
    width: 2,
    height: 2,
  });
  expect(await tier.embeddings.get(ref)).toBeUndefined();
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
  const { tier, underWay } = open();
  await expect(loadEmbedding(tier, stream(parts))).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
  expect(tier.embeddings.bytes).toBe(0);
  expect(underWay()).toBe(0);
});

it("says so when there is no room for it", async () => {
  const { tier } = open(20);
  const loading = loadEmbedding(tier, stream([header(), chunk(recordOf())]));
  await expect(loading).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
});
