import { Registry } from "prom-client";
import { beforeEach, describe, expect, it } from "vitest";
import { RecordError } from "../../sam/record-error.js";
import { fakeLogger } from "../testing/fake-logger.js";
import { storeOptions } from "./blob-store-contract.js";
import { decodeImageRecord, encodeImageRecord, imageHeadBytes, readImageInfo } from "./image-record.js";
import { ImageStore } from "./image-store.js";
import { createMemoryStore } from "./memory-store.js";

const file = Uint8Array.from({ length: 50 }, (_, index) => index);
const size = { width: 640, height: 480 };
const record = encodeImageRecord(size, file);

describe("an image record", () => {
  it("gives back the file and its size, also from an odd offset", () => {
    const large = new Uint8Array(record.length + 3);
    large.set(record, 3);
    expect(decodeImageRecord(large.subarray(3))).toEqual({ ...size, file });
    expect(readImageInfo(record.subarray(0, imageHeadBytes))).toEqual(size);
  });

  it("cannot be used with any one bit changed or cut at any length; its size is as safe by itself", () => {
    for (let bit = 0; bit < 8 * record.length; bit++) {
      const damaged = Uint8Array.from(record);
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => decodeImageRecord(damaged), `bit ${bit}`).toThrow(RecordError);
      if (bit < 8 * imageHeadBytes) expect(() => readImageInfo(damaged), `bit ${bit}`).toThrow(RecordError);
    }
    for (let length = 0; length < record.length; length++) {
      expect(() => decodeImageRecord(record.subarray(0, length)), `${length} bytes`).toThrow(RecordError);
    }
    expect(() => decodeImageRecord(new Uint8Array([...record, 0]))).toThrow(RecordError);
  });
});

describe("the image store", () => {
  const imageId = `sha256:${"a".repeat(64)}`;
  let metrics: Registry;
  let blobs: ReturnType<typeof createMemoryStore>;
  let store: ImageStore;

  beforeEach(() => {
    metrics = new Registry();
    blobs = createMemoryStore(1_000_000, storeOptions());
    store = new ImageStore(blobs, metrics, fakeLogger());
  });

  it("tells of a file without it, and of none that is gone", async () => {
    expect(await store.describe(imageId)).toBeUndefined();
    expect(await store.set(imageId, file, size)).toBe(true);
    expect(await store.describe(imageId)).toEqual(size);
    expect(await store.get(imageId)).toMatchObject(size);
    expect(Buffer.compare((await store.get(imageId))?.file ?? new Uint8Array(0), file)).toBe(0);
    await store.delete(imageId);
    expect(await store.describe(imageId)).toBeUndefined();
    expect(await store.get(imageId)).toBeUndefined();
  });

  it("takes a damaged file for one that is not there, and counts it", async () => {
    await store.set(imageId, file, size);
    await blobs.set(
      `${imageId}:r1`,
      Uint8Array.from(record, (byte, at) => (at === 40 ? byte ^ 1 : byte)),
    );
    expect(await store.get(imageId)).toBeUndefined();
    expect(await store.describe(imageId)).toBeUndefined();
    const { values } = (await metrics.getSingleMetric("maskwire_image_rejects_total")?.get()) ?? { values: [] };
    expect(values).toMatchObject([{ labels: { reason: "checksum" }, value: 1 }]);
  });
});
