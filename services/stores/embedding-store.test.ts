import { Registry } from "prom-client";
import { beforeEach, describe, expect, it } from "vitest";
import { embeddingRef } from "../inference/models/embedding-ref.js";
import { Manifest, type ModelSpec } from "../inference/models/manifest.js";
import { embeddingTensors } from "../inference/models/model-tensors.js";
import { parseSigningKeys } from "../runtime/signing-keys.js";
import { fakeLogger } from "../runtime/testing/fake-logger.js";
import { type EmbeddingHeader, embeddingHeadBytes, signatureOf } from "../sam/embedding-record.js";
import type { BlobStore } from "./blob-store.js";
import { decodeEmbeddingRecord, encodeEmbeddingRecord, setSignature } from "./embedding-record.js";
import { EmbeddingStore } from "./embedding-store.js";
import { createMemoryStore } from "./memory-store.js";
import { SigningKeys } from "./signing-keys.js";
import { storeOptions } from "./testing/blob-store-contract.js";

const manifest = Manifest.read();
const real = manifest.get(manifest.defaultId);
const model: ModelSpec = {
  ...real,
  encoder: { ...real.encoder, outputs: [{ name: "output", role: "image", dims: [1, 4] }] },
};
const imageId = `sha256:${"a".repeat(64)}`;
const ref = embeddingRef({ tenant: undefined, imageId, model });

let blobs: BlobStore;
let processes: Registry[];
let store: EmbeddingStore;

beforeEach(() => {
  blobs = createMemoryStore(1_000_000, storeOptions());
  processes = [];
  store = open();
});

const limits = { maxImagePixels: 12 };
const keysOf = (...names: string[]) =>
  new SigningKeys(
    parseSigningKeys(names.map((name) => `${name}:${Buffer.alloc(32, name).toString("hex")}`).join("\n")),
  );

/** A process of its own, over the same blobs. */
function open(keys = new SigningKeys()): EmbeddingStore {
  const metrics = new Registry();
  processes.push(metrics);
  return new EmbeddingStore(blobs, { metrics, logger: fakeLogger(), limits, keys });
}

/** What all processes have counted. */
async function counted(name: string, label: string): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const metrics of processes) {
    const { values } = (await metrics.getSingleMetric(name)?.get()) ?? { values: [] };
    for (const { labels, value } of values) sums[String(labels[label])] = (sums[String(labels[label])] ?? 0) + value;
  }
  return sums;
}

const recordOf = (changes: Partial<EmbeddingHeader> = {}) => {
  const header: EmbeddingHeader = {
    imageId,
    modelId: model.id,
    weights: model.encoder.sha256,
    dtype: "float16",
    width: 4,
    height: 3,
    tensors: embeddingTensors(model),
    ...changes,
  };
  return encodeEmbeddingRecord(
    header,
    header.tensors.map(({ dims }) => new Uint16Array(dims.reduce((a, b) => a * b, 1)).fill(7)),
  );
};

const lookups = () => counted("maskwire_embedding_lookups_total", "outcome");
const rejects = () => counted("maskwire_embedding_rejects_total", "reason");

it("gives back what was set, and counts it", async () => {
  expect(await store.get(ref)).toBeUndefined();
  expect(await store.set(ref, recordOf())).toBe("shared");
  const found = await store.get(ref);
  expect(found?.header).toMatchObject({ imageId, width: 4, height: 3 });
  expect(Buffer.compare(found?.record as Uint8Array, recordOf())).toBe(0);
  expect(await lookups()).toEqual({ miss: 1, hit: 1 });
});

it("tells of an embedding by its header, and of none that is not there", async () => {
  expect(await store.describe(ref)).toBeUndefined();
  await store.set(ref, recordOf());
  expect(await store.describe(ref)).toMatchObject({ imageId, width: 4, height: 3 });
  await store.set(ref, recordOf({ modelId: "other" }));
  expect(await store.describe(ref)).toBeUndefined();
  expect(await blobs.get(ref.key, 10_000)).toBeUndefined();
});

it("counts a look for the header as a look-up where it is one", async () => {
  expect(await store.find(ref)).toBeUndefined();
  await store.set(ref, recordOf());
  expect(await store.find(ref)).toMatchObject({ imageId, width: 4, height: 3 });
  await store.describe(ref);
  expect(await lookups()).toEqual({ miss: 1, hit: 1 });
});

it("hands out unverified tensors where they are asked for, and rejects them when they turn out to be damaged", async () => {
  const damaged = recordOf();
  damaged[damaged.length - 1] = (damaged.at(-1) as number) ^ 1;
  await store.set(ref, damaged);
  const found = await store.getUnverified(ref);
  expect(found?.header).toMatchObject({ imageId });
  await store.reject(ref, found?.record as Uint8Array);
  expect(await blobs.get(ref.key, 10_000)).toBeUndefined();
  expect(await lookups()).toEqual({ hit: 1, rejected: 1 });
});

describe("a record that cannot be used is a miss, counted by its reason and removed", () => {
  const cases: [string, () => Uint8Array, string?][] = [
    ["another picture", () => recordOf({ imageId: `sha256:${"b".repeat(64)}` })],
    ["another model", () => recordOf({ modelId: "other" })],
    ["other weights", () => recordOf({ weights: "0".repeat(64) })],
    ["tensors of another shape", () => recordOf({ tensors: [{ name: "output", dims: [4, 1] }] })],
    ["tensors of another name", () => recordOf({ tensors: [{ name: "other", dims: [1, 4] }] })],
    ["a draft", () => recordOf({ draft: true })],
    ["another frame", () => recordOf({ frame: "picture" }), "frame"],
    ["no record", () => Uint8Array.of(1, 2, 3), "foreign"],
    ["more pixels than are taken", () => recordOf({ width: 13, height: 1 }), "oversized"],
    ["sides whose product is no number of pixels", () => recordOf({ width: 2 ** 31, height: 2 ** 31 }), "oversized"],
    ["a part that is not of the picture", () => recordOf({ crop: { x: 1, y: 0, width: 4, height: 1 } }), "foreign"],
    ["a damaged record", () => recordOf().map((byte, at) => (at === 60 ? byte ^ 1 : byte)), "checksum"],
    ["a record cut short", () => recordOf().subarray(0, -2), "truncated"],
  ];

  it.each(cases)("%s", async (_name, record, reason = "mismatch") => {
    await blobs.set(ref.key, record());
    expect(await store.get(ref)).toBeUndefined();
    expect(await blobs.get(ref.key, 10_000)).toBeUndefined();
    expect(await lookups()).toEqual({ rejected: 1 });
    expect(await rejects()).toEqual({ [reason]: 1 });
  });

  it.each(cases)("%s, also where only the header is verified", async (_name, record) => {
    await blobs.set(ref.key, record());
    expect(await store.getUnverified(ref)).toBeUndefined();
    expect(await blobs.get(ref.key, 10_000)).toBeUndefined();
    expect(await lookups()).toEqual({ rejected: 1 });
  });
});

describe("with keys", () => {
  const kept = () => blobs.get(ref.key, 10_000);
  const readAll = (from: EmbeddingStore) => Promise.all([from.get(ref), from.getUnverified(ref), from.find(ref)]);

  beforeEach(async () => {
    await open(keysOf("new", "old")).set(ref, recordOf());
  });

  it("believes what any of them has signed, and where there are none what anybody has", async () => {
    for (const store of [keysOf("new", "old"), keysOf("old", "new"), keysOf("new"), new SigningKeys()].map(open)) {
      for (const found of await readAll(store)) expect(found).toBeDefined();
    }
    expect(await rejects()).toEqual({});
  });

  it("believes nothing that none of them has signed", async () => {
    expect(await open(keysOf("old")).find(ref)).toBeUndefined();
    await open().set(ref, recordOf());
    expect(await open(keysOf("new")).getUnverified(ref)).toBeUndefined();
    await open(keysOf("new")).set(ref, recordOf());
    const other = new SigningKeys(parseSigningKeys(`new:${"77".repeat(32)}`));
    expect(await open(other).get(ref)).toBeUndefined();
    expect(await rejects()).toEqual({ signature: 2, unsigned: 1 });
    expect(await kept()).toBeUndefined();
  });

  it("believes no record under another key than its own", async () => {
    const crop = { x: 0, y: 0, width: 2, height: 2 };
    const preprocess = { ...model.preprocess, version: 99 };
    const others = [
      embeddingRef({ tenant: undefined, imageId, model: { ...model, preprocess } }),
      embeddingRef({ tenant: undefined, imageId, model, crop }),
      embeddingRef({ ...ref, tenant: "acme" }),
    ];
    const signed = (await kept()) as Uint8Array;
    for (const { key } of others) await blobs.set(key, Uint8Array.from(signed));
    const store = open(keysOf("new"));
    for (const other of others) expect(await store.get(other)).toBeUndefined();
    expect(await rejects()).toEqual({ signature: 3 });
  });

  it("believes neither header nor tensors once a forger has changed them and made all checksums fit", async () => {
    const signed = (await kept()) as Uint8Array;
    const store = open(keysOf("new"));
    // Its own signature in another's bytes: checksums and digest are those of the forgery.
    const forged = recordOf({ width: 3, height: 4 });
    setSignature(forged, signatureOf(signed).signature);
    await blobs.set(ref.key, forged);
    expect(await store.find(ref)).toBeUndefined();
    // Only the tensors, under the signed header: its digest gives them away where they are used.
    const swapped = Uint8Array.from(signed);
    swapped[swapped.length - 1] = (swapped.at(-1) as number) ^ 1;
    await blobs.set(ref.key, swapped);
    const found = await store.getUnverified(ref);
    expect(() => decodeEmbeddingRecord(found?.record as Uint8Array)).toThrow("another SHA-256");
    await store.reject(ref, found?.record as Uint8Array);
    expect(await kept()).toBeUndefined();
    expect(await rejects()).toEqual({ signature: 1, digest: 1 });
  });
});

it("takes no more of a value than its model's largest record has", async () => {
  const asked: number[] = [];
  const { get } = blobs;
  blobs.get = (key, mostBytes) => {
    asked.push(mostBytes);
    return get.call(blobs, key, mostBytes);
  };
  await blobs.set(ref.key, new Uint8Array(500_000));
  expect(await store.get(ref)).toBeUndefined();
  expect(asked).toEqual([embeddingHeadBytes + 8]);
});
