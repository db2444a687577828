import { Registry } from "prom-client";
import { beforeEach, describe, expect, it } from "vitest";
import { type EmbeddingHeader, embeddingRecordVersion } from "../../sam/embedding-record.js";
import { embeddingKey } from "../models/embedding-key.js";
import { Manifest, type ModelSpec } from "../models/manifest.js";
import { fakeLogger } from "../testing/fake-logger.js";
import type { BlobStore } from "./blob-store.js";
import { storeOptions } from "./blob-store-contract.js";
import { encodeEmbeddingRecord } from "./embedding-record.js";
import { EmbeddingStore } from "./embedding-store.js";
import { createMemoryStore } from "./memory-store.js";

const manifest = Manifest.read();
const real = manifest.get(manifest.defaultId);
const model: ModelSpec = { ...real, encoder: { ...real.encoder, outputs: [{ name: "output", dims: [1, 4] }] } };
const imageId = `sha256:${"a".repeat(64)}`;

let blobs: BlobStore;
let metrics: Registry;
let store: EmbeddingStore;

beforeEach(() => {
  blobs = createMemoryStore(1_000_000, storeOptions());
  metrics = new Registry();
  store = new EmbeddingStore(blobs, metrics, fakeLogger());
});

const recordOf = (changes: Partial<EmbeddingHeader> = {}) => {
  const header: EmbeddingHeader = {
    imageId,
    modelId: model.id,
    weights: model.encoder.sha256,
    dtype: "float16",
    width: 4,
    height: 3,
    tensors: model.encoder.outputs,
    ...changes,
  };
  return encodeEmbeddingRecord(
    header,
    header.tensors.map(({ dims }) => new Uint16Array(dims.reduce((a, b) => a * b, 1)).fill(7)),
  );
};

async function lookups(): Promise<Record<string, number>> {
  const { values } = (await metrics.getSingleMetric("maskwire_embedding_lookups_total")?.get()) ?? { values: [] };
  return Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]));
}

it("gives back what was set, and counts it", async () => {
  expect(await store.get(imageId, model)).toBeUndefined();
  expect(await store.set(imageId, model, recordOf())).toBe("shared");
  const found = await store.get(imageId, model);
  expect(found?.header).toMatchObject({ imageId, width: 4, height: 3 });
  expect(Buffer.compare(found?.record as Uint8Array, recordOf())).toBe(0);
  expect(await lookups()).toEqual({ miss: 1, hit: 1 });
});

it("tells of an embedding by its header, and of none that is not there", async () => {
  expect(await store.describe(imageId, model)).toBeUndefined();
  await store.set(imageId, model, recordOf());
  expect(await store.describe(imageId, model)).toMatchObject({ imageId, width: 4, height: 3 });
  await store.set(imageId, model, recordOf({ modelId: "other" }));
  expect(await store.describe(imageId, model)).toBeUndefined();
  expect(await blobs.get(embeddingKey(imageId, model))).toBeUndefined();
});

it("counts a look for the header as a look-up where it is one", async () => {
  expect(await store.find(imageId, model)).toBeUndefined();
  await store.set(imageId, model, recordOf());
  expect(await store.find(imageId, model)).toMatchObject({ imageId, width: 4, height: 3 });
  await store.describe(imageId, model);
  expect(await lookups()).toEqual({ miss: 1, hit: 1 });
});

it("hands out unverified tensors where they are asked for, and rejects them when they turn out to be damaged", async () => {
  const damaged = recordOf();
  damaged[damaged.length - 1] = (damaged.at(-1) as number) ^ 1;
  await store.set(imageId, model, damaged);
  const found = await store.getUnverified(imageId, model);
  expect(found?.header).toMatchObject({ imageId });
  await store.reject(imageId, model, found?.record as Uint8Array);
  expect(await blobs.get(embeddingKey(imageId, model))).toBeUndefined();
  expect(await lookups()).toEqual({ hit: 1, rejected: 1 });
});

describe("a record that cannot be used is a miss, counted by its reason and removed", () => {
  const cases: [string, () => Uint8Array, string?][] = [
    ["another picture", () => recordOf({ imageId: `sha256:${"b".repeat(64)}` })],
    ["another model", () => recordOf({ modelId: "other" })],
    ["other weights", () => recordOf({ weights: "0".repeat(64) })],
    ["tensors of another shape", () => recordOf({ tensors: [{ name: "output", dims: [4, 1] }] })],
    ["tensors of another name", () => recordOf({ tensors: [{ name: "other", dims: [1, 4] }] })],
    ["no record", () => Uint8Array.of(1, 2, 3), "foreign"],
    ["a damaged record", () => recordOf().map((byte, at) => (at === 60 ? byte ^ 1 : byte)), "checksum"],
    ["a record cut short", () => recordOf().subarray(0, -2), "truncated"],
  ];

  it.each(cases)("%s", async (_name, record, reason = "mismatch") => {
    await store.set(imageId, model, record());
    expect(await store.get(imageId, model)).toBeUndefined();
    expect(await blobs.get(embeddingKey(imageId, model))).toBeUndefined();
    expect(await lookups()).toEqual({ rejected: 1 });
    const { values } = (await metrics.getSingleMetric("maskwire_embedding_rejects_total")?.get()) ?? { values: [] };
    expect(values).toMatchObject([{ labels: { reason }, value: 1 }]);
  });

  it.each(cases)("%s, also where only the header is verified", async (_name, record) => {
    await store.set(imageId, model, record());
    expect(await store.getUnverified(imageId, model)).toBeUndefined();
    expect(await blobs.get(embeddingKey(imageId, model))).toBeUndefined();
    expect(await lookups()).toEqual({ rejected: 1 });
  });
});

describe("the key", () => {
  it("changes with everything that decides the bytes", () => {
    const keys = [
      embeddingKey(imageId, model),
      embeddingKey("sha256:other", model),
      embeddingKey(imageId, { ...model, id: "other" }),
      embeddingKey(imageId, { ...model, encoder: { ...model.encoder, sha256: "0" } }),
      embeddingKey(imageId, { ...model, preprocess: { ...model.preprocess, version: 99 } }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(embeddingKey(imageId, { ...model })).toBe(keys[0]);
    // A release that writes records differently has keys of its own.
    expect(keys[0]).toContain(`:r${embeddingRecordVersion}`);
  });
});
