import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddingRef } from "../inference/models/embedding-ref.js";
import { Manifest, type ModelSpec } from "../inference/models/manifest.js";
import { embeddingTensors } from "../inference/models/model-tensors.js";
import { pictureSet, prefixesOf } from "../inference/picture-set.js";
import { imageIdOf } from "../runtime/image-id.js";
import { parseSigningKeys } from "../runtime/signing-keys.js";
import { fakeLogger } from "../runtime/testing/fake-logger.js";
import type { BlobStore } from "./blob-store.js";
import { encodeEmbeddingRecord } from "./embedding-record.js";
import { EmbeddingStore } from "./embedding-store.js";
import { FindingsStore } from "./findings-store.js";
import { PictureFile } from "./image-record.js";
import { ImageStore } from "./image-store.js";
import { LayeredStore } from "./layered-store.js";
import { createMemoryStore } from "./memory-store.js";
import { SigningKeys } from "./signing-keys.js";
import { storeOptions } from "./testing/blob-store-contract.js";
import { openConnectedStore, serverOf } from "./testing/connected-store.js";
import { findRedisServer, RedisServer } from "./testing/redis-server.js";

const manifest = Manifest.read();
const real = manifest.get(manifest.defaultId);
const model: ModelSpec = {
  ...real,
  encoder: { ...real.encoder, outputs: [{ name: "output", role: "image", dims: [1, 4] }] },
};
const file = Uint8Array.of(1, 2, 3);
const imageId = imageIdOf(file);
const size = { width: 4, height: 3 };
const tenants = ["acme", "acme-2", undefined];
const refOf = (tenant: string | undefined) => embeddingRef({ tenant, imageId, model });

const record = () =>
  encodeEmbeddingRecord(
    {
      imageId,
      modelId: model.id,
      weights: model.encoder.sha256,
      dtype: "float16",
      ...size,
      tensors: embeddingTensors(model),
    },
    [Uint16Array.of(1, 2, 3, 4)],
  );

const signing = () => new SigningKeys(parseSigningKeys(`ours:${"ab".repeat(32)}`));

let redis: RedisServer | undefined;
beforeAll(async () => {
  if (findRedisServer()) redis = await RedisServer.start();
});
afterAll(() => redis?.[Symbol.asyncDispose]());

const memory = () => createMemoryStore(1_000_000, storeOptions());
const shared = () => openConnectedStore(serverOf(redis?.url ?? ""), storeOptions());

const kinds: [string, () => Promise<BlobStore> | BlobStore, boolean][] = [
  ["in memory", memory, false],
  ["in Redis", shared, true],
  ["in both", async () => new LayeredStore(memory(), await shared()), true],
];

describe.each(kinds)("K1 what is kept %s", (_kind, openBlobs, needsRedis) => {
  it.skipIf(needsRedis && !findRedisServer()).each([
    ["unsigned", () => new SigningKeys()],
    ["signed", signing],
  ])("%s, is there for its tenant alone", async (_name, keysOf) => {
    const blobs = await openBlobs();
    const options = {
      metrics: new Registry(),
      logger: fakeLogger(),
      limits: { maxImageBytes: 100, maxImagePixels: 100 },
      keys: keysOf(),
    };
    const images = new ImageStore(blobs, options);
    const embeddings = new EmbeddingStore(blobs, options);
    /** Everything that a store tells of the picture to a tenant. */
    const told = async (tenant: string | undefined) => {
      const ref = refOf(tenant);
      const answers = [
        images.get(ref),
        images.describe(ref),
        embeddings.get(ref),
        embeddings.getUnverified(ref),
        embeddings.find(ref),
        embeddings.describe(ref),
      ];
      return (await Promise.all<unknown>(answers)).filter((answer) => answer !== undefined).length;
    };
    try {
      for (const owner of tenants) {
        await images.set(refOf(owner), await PictureFile.of([file]), size);
        await embeddings.set(refOf(owner), record());
        for (const tenant of tenants)
          expect(await told(tenant), `${tenant} of ${owner}'s`).toBe(tenant === owner ? 6 : 0);
        await images.delete(refOf(owner));
        await blobs.delete(refOf(owner).key);
      }
    } finally {
      await blobs.close();
    }
  });
});

it("K1 a signed record that somebody puts under another tenant's key is refused", async () => {
  const blobs = memory();
  const options = {
    metrics: new Registry(),
    logger: fakeLogger(),
    limits: { maxImageBytes: 100, maxImagePixels: 100 },
    keys: signing(),
  };
  const [images, embeddings] = [new ImageStore(blobs, options), new EmbeddingStore(blobs, options)];
  const kept = new Map<string, Uint8Array>();
  const { set } = blobs;
  blobs.set = (key, bytes, owner) => {
    kept.set(key, Uint8Array.from(bytes));
    return set.call(blobs, key, bytes, owner);
  };
  await images.set(refOf("acme"), await PictureFile.of([file]), size);
  await embeddings.set(refOf("acme"), record());
  for (const tenant of ["other", undefined]) {
    for (const [key, bytes] of kept) {
      await set.call(blobs, key.replace("t=acme:", tenant === undefined ? "" : `t=${tenant}:`), bytes);
    }
    expect(await images.get(refOf(tenant))).toBeUndefined();
    expect(await embeddings.get(refOf(tenant))).toBeUndefined();
  }
  expect(await images.get(refOf("acme"))).toBeDefined();
  expect(await embeddings.get(refOf("acme"))).toBeDefined();
});

it("K4, K5: whatever is kept of a picture, of every model, goes by a key of that picture and of its tenant", async () => {
  const asked: string[] = [];
  const noting = { ...memory(), get: async (key: string) => void asked.push(key) } as unknown as BlobStore;
  const findings = new FindingsStore(noting, { metrics: new Registry(), logger: fakeLogger(), keys: signing() });
  const others = [{ ...model, id: "another" }];
  for (const tenant of tenants) {
    for (const words of [undefined, ["a red cup"]]) {
      await findings.get({ tenant, imageId, detector: "d", weights: "w", ...(words ? { words } : {}) });
    }
    const crop = { x: 0, y: 0, width: 2, height: 2 };
    const refs = [model, ...others].flatMap((one) => [
      embeddingRef({ tenant, imageId, model: one }),
      embeddingRef({ tenant, imageId, model: one, crop }),
      embeddingRef({ tenant, imageId, model: one, draft: true }),
    ]);
    const keys = [...refs.map(({ key }) => key), ...asked.splice(0)];
    expect(new Set(keys).size).toBe(8);
    for (const key of keys) {
      for (const set of [pictureSet(tenant, imageId), pictureSet(tenant, undefined)]) {
        expect(key.startsWith(set.prefix), key).toBe(true);
        expect(prefixesOf(key), key).toContain(set.prefix);
      }
      for (const stranger of tenants.filter((one) => one !== tenant)) {
        expect(prefixesOf(key), key).not.toContain(pictureSet(stranger, undefined).prefix);
      }
    }
  }
});
