import { crc32 } from "node:zlib";
import { Registry } from "prom-client";
import { beforeEach, describe, expect, it } from "vitest";
import { Code, ServiceError } from "../runtime/errors.js";
import { imageIdOf } from "../runtime/image-id.js";
import { parseSigningKeys } from "../runtime/signing-keys.js";
import { fakeLogger } from "../runtime/testing/fake-logger.js";
import { imageHeadBytes, imageRecordVersion, PictureFile } from "./image-record.js";
import { type DurablePictures, ImageStore } from "./image-store.js";
import { createMemoryStore } from "./memory-store.js";
import { SigningKeys } from "./signing-keys.js";
import { storeOptions } from "./testing/blob-store-contract.js";

const file = Uint8Array.from({ length: 50 }, (_, index) => index);
const imageId = imageIdOf(file);
const picture = { tenant: undefined, imageId };
const size = { width: 640, height: 480 };
const limits = { maxImageBytes: 100, maxImagePixels: 640 * 480 };
const key = `${imageId}:r${imageRecordVersion}`;
const keysOf = (name: string) => new SigningKeys(parseSigningKeys(`${name}:${Buffer.alloc(32, name).toString("hex")}`));

let processes: Registry[];
let blobs: ReturnType<typeof createMemoryStore>;
let store: ImageStore;
let record: Uint8Array;

/** A process of its own, over the same blobs. */
function open(keys = new SigningKeys()): ImageStore {
  const metrics = new Registry();
  processes.push(metrics);
  return new ImageStore(blobs, { metrics, logger: fakeLogger(), limits, keys });
}

beforeEach(async () => {
  processes = [];
  blobs = createMemoryStore(1_000_000, storeOptions());
  store = open();
  await store.set(picture, await PictureFile.of([file]), size);
  record = Uint8Array.from((await blobs.get(key, 1000)) as Uint8Array);
});

/** Records that any process could not use, by reason. */
async function rejects(): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const metrics of processes) {
    const { values } = (await metrics.getSingleMetric("maskwire_image_rejects_total")?.get()) ?? { values: [] };
    for (const { labels, value } of values) sums[String(labels.reason)] = (sums[String(labels.reason)] ?? 0) + value;
  }
  return sums;
}

/** Puts a record where the picture's is, with a checksum that fits what stands before the file. */
async function forge(change: (bytes: Uint8Array, view: DataView) => void, from = record): Promise<void> {
  const bytes = Uint8Array.from(from);
  const view = new DataView(bytes.buffer);
  change(bytes, view);
  view.setUint32(imageHeadBytes - 4, crc32(bytes.subarray(0, imageHeadBytes - 4)), true);
  await blobs.set(key, bytes);
}

it("gives a file back, however many pieces it came in, and tells of it without reading it", async () => {
  const pieces = [file.subarray(0, 1), file.subarray(1, 1), file.subarray(1, 30), file.subarray(30)];
  await store.set(picture, await PictureFile.of(pieces), size);
  expect(await store.describe(picture)).toEqual(size);
  expect(await store.get(picture)).toMatchObject(size);
  expect([...((await store.get(picture))?.file ?? [])]).toEqual([...file]);
  await store.delete(picture);
  expect(await store.describe(picture)).toBeUndefined();
  expect(await store.get(picture)).toBeUndefined();
});

it("has a file in memory that it reads and a few bytes more, and no other", async () => {
  const { bytes } = await PictureFile.of([file, file]);
  expect(bytes.buffer.byteLength).toBe(imageHeadBytes + 100);
});

it("takes a record with any one bit changed, or cut at any length, for one that is not there", async () => {
  for (let bit = 0; bit < 8 * record.length; bit++) {
    const damaged = Uint8Array.from(record);
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
    await blobs.set(key, damaged);
    if (bit < 8 * imageHeadBytes) expect(await store.describe(picture), `bit ${bit}`).toBeUndefined();
    await blobs.set(key, damaged);
    expect(await store.get(picture), `bit ${bit}`).toBeUndefined();
    expect(await blobs.has(key)).toBe(false);
  }
  for (let length = 0; length < record.length; length++) {
    await blobs.set(key, record.subarray(0, length));
    expect(await store.get(picture), `${length} bytes`).toBeUndefined();
  }
  await blobs.set(key, Uint8Array.from([...record, 0]));
  expect(await store.get(picture)).toBeUndefined();
});

it("never shows another picture under an id, and forgets it", async () => {
  const other = await PictureFile.of([file.map((byte) => byte ^ 1)]);
  await store.set(picture, other, size);
  expect(await store.get(picture)).toBeUndefined();
  expect(await blobs.has(key)).toBe(false);
  expect(await rejects()).toEqual({ digest: 1 });
});

describe("what a record says of its size", () => {
  it.each([
    ["more pixels than are taken", (view: DataView) => view.setUint32(8, 641, true), "oversized"],
    [
      "a side of every bit",
      (view: DataView) => {
        view.setUint32(8, 0xffff_ffff, true);
        view.setUint32(12, 0xffff_ffff, true);
      },
      "oversized",
    ],
    ["a larger file than is taken", (view: DataView) => view.setUint32(16, 101, true), "oversized"],
    ["a side of nothing", (view: DataView) => view.setUint32(12, 0, true), "foreign"],
  ])("is refused when it is %s", async (_name, change, reason) => {
    await forge((_bytes, view) => change(view));
    expect(await store.describe(picture)).toBeUndefined();
    await forge((_bytes, view) => change(view));
    expect(await store.get(picture)).toBeUndefined();
    expect(await rejects()).toEqual({ [reason]: 2 });
  });

  it("is believed, with keys, only from those who have one, for this picture alone", async () => {
    const signing = open(keysOf("ours"));
    expect(await signing.describe(picture)).toBeUndefined();
    await signing.set(picture, await PictureFile.of([file]), size);
    expect(await signing.describe(picture)).toEqual(size);
    expect(await store.describe(picture)).toEqual(size);
    expect(await open(keysOf("theirs")).describe(picture)).toBeUndefined();
    await signing.set(picture, await PictureFile.of([file]), size);
    const signed = (await blobs.get(key, 1000)) as Uint8Array;
    await forge((_bytes, view) => view.setUint32(8, 1, true), signed);
    expect(await signing.get(picture)).toBeUndefined();
    const moved = imageIdOf(file.subarray(1));
    await blobs.set(`${moved}:r${imageRecordVersion}`, Uint8Array.from(signed));
    expect(await signing.describe({ tenant: undefined, imageId: moved })).toBeUndefined();
    expect(await rejects()).toEqual({ unsigned: 1, signature: 3 });
  });
});

it("takes no more of a value than its own head says, and nothing of one whose head is no record's", async () => {
  const asked: number[] = [];
  const { get } = blobs;
  blobs.get = (name, mostBytes) => {
    asked.push(mostBytes);
    return get.call(blobs, name, mostBytes);
  };
  await blobs.set(key, Uint8Array.from([...record, ...new Uint8Array(500_000)]));
  expect(await store.get(picture)).toBeUndefined();
  await blobs.set(key, new Uint8Array(500_000));
  expect(await store.get(picture)).toBeUndefined();
  expect(asked).toEqual([record.length]);
  expect(await rejects()).toEqual({ truncated: 1, foreign: 1 });
});

describe("a picture that is kept for good", () => {
  let kept: Uint8Array;
  let fault: ServiceError | undefined;
  let reads: number;
  const durable: DurablePictures = {
    describe: async () => {
      if (fault) throw fault;
      return size;
    },
    bytesOf: async () => kept.byteLength,
    open: async function* () {
      reads++;
      yield kept.subarray(0, 20);
      yield kept.subarray(20);
    },
    deleteAll: async () => {},
  };
  let durably: ImageStore;
  const found = async (images: ImageStore) => {
    const stored = await images.get(picture);
    return stored && { ...stored, file: [...stored.file] };
  };
  beforeEach(async () => {
    [kept, fault, reads] = [file, undefined, 0];
    await store.delete(picture);
    durably = new ImageStore(blobs, {
      metrics: new Registry(),
      logger: fakeLogger(),
      limits,
      keys: new SigningKeys(),
      durable,
    });
  });

  it("is there when the cache has forgotten it, and then is in the cache again", async () => {
    expect(await durably.describe(picture)).toEqual(size);
    expect(reads).toBe(0);
    for (let times = 0; times < 2; times++) expect(await found(durably)).toEqual({ ...size, file: [...file] });
    expect(reads).toBe(1);
    expect(await found(store)).toEqual({ ...size, file: [...file] });
  });

  it("is not shown when its bytes are another's or more than are taken", async () => {
    kept = file.map((byte) => byte ^ 1);
    expect(await durably.get(picture)).toBeUndefined();
    kept = new Uint8Array(101);
    expect(await durably.get(picture)).toBeUndefined();
    expect(reads).toBe(1);
    expect(await store.describe(picture)).toBeUndefined();
  });

  it("is not taken for gone while what keeps it cannot be asked; a look-up goes on without", async () => {
    fault = new ServiceError({ code: Code.UNAVAILABLE, message: "not now" });
    await expect(durably.get(picture)).rejects.toBe(fault);
    expect(await durably.describe(picture)).toBeUndefined();
    await store.set(picture, await PictureFile.of([file]), size);
    expect(await found(durably)).toEqual({ ...size, file: [...file] });
  });
});
