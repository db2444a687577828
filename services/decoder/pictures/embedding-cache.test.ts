import { expect, it } from "vitest";
import { type EmbeddingRef, embeddingRef } from "../../inference/models/embedding-ref.js";
import { Manifest } from "../../inference/models/manifest.js";
import { pictureSet } from "../../inference/picture-set.js";
import type { EmbeddingStore, StoredEmbedding } from "../../stores/embedding-store.js";
import { EmbeddingCache, type SharedEmbedding } from "./embedding-cache.js";

const manifest = Manifest.read();
const model = manifest.get(manifest.defaultId);
const idOf = (digit: string) => `sha256:${digit.repeat(64)}`;
const refOf = (digit: string) => embeddingRef({ tenant: undefined, imageId: idOf(digit), model });

/** A store whose answers the test gives one by one. */
class FakeStore {
  readonly asked: string[] = [];
  readonly rejected: string[] = [];
  readonly #answers: ((found: StoredEmbedding | undefined) => void)[] = [];

  getUnverified({ imageId }: EmbeddingRef): Promise<StoredEmbedding | undefined> {
    this.asked.push(imageId);
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  async reject({ imageId }: EmbeddingRef, record: Uint8Array): Promise<void> {
    this.rejected.push(`${imageId}: ${[...record]}`);
  }

  answer(bytes?: Uint8Array): void {
    const header = { width: 6, height: 5 } as StoredEmbedding["header"];
    this.#answers.shift()?.(bytes && { header, record: bytes });
  }
}

function open(maxBytes = 1000) {
  const store = new FakeStore();
  return {
    store,
    cache: new EmbeddingCache(store as unknown as EmbeddingStore, { maxBytes, ttlMs: 60_000, refuseMs: 5000 }),
  };
}

it("fetches once for all who ask at once, then answers from the process", async () => {
  const { store, cache } = open();
  const all = Promise.all(Array.from({ length: 10 }, () => cache.get(refOf("a"))));
  store.answer(Uint8Array.of(1, 2, 3));
  const found = await all;
  expect(store.asked).toEqual([idOf("a")]);
  for (const one of found) {
    expect(one?.local).toBe(false);
    expect(one?.embedding).toMatchObject({ ref: { key: refOf("a").key }, width: 6, height: 5 });
    expect([...new Uint8Array(one?.embedding.record as SharedArrayBuffer)]).toEqual([1, 2, 3]);
  }
  expect((await cache.get(refOf("a")))?.local).toBe(true);
  expect(store.asked.length).toBe(1);
});

it("does not take an earlier asker's miss for its own, and does not remember misses", async () => {
  const { store, cache } = open();
  const early = cache.get(refOf("a"));
  const late = cache.get(refOf("a"));
  // The early look missed; the embedding has been stored since.
  store.answer(undefined);
  expect(await early).toBeUndefined();
  while (store.asked.length < 2) await new Promise(setImmediate);
  store.answer(Uint8Array.of(1));
  expect((await late)?.local).toBe(false);
  const { store: empty, cache: fresh } = open();
  for (let turn = 1; turn <= 2; turn++) {
    const asked = fresh.get(refOf("b"));
    empty.answer(undefined);
    expect(await asked).toBeUndefined();
    expect(empty.asked.length).toBe(turn);
  }
});

it("holds its bound: the least recently used go first", async () => {
  const { store, cache } = open(1000);
  for (const digit of ["a", "b", "c"]) {
    const asked = cache.get(refOf(digit));
    store.answer(new Uint8Array(400));
    await asked;
    expect(cache.bytes).toBeLessThanOrEqual(1000);
  }
  expect((await cache.get(refOf("b")))?.local).toBe(true);
  void cache.get(refOf("a"));
  expect(store.asked.at(-1)).toBe(idOf("a"));
});

it("uses an embedding that is larger than all of it without keeping it", async () => {
  const { store, cache } = open(100);
  const asked = cache.get(refOf("a"));
  store.answer(new Uint8Array(400));
  expect((await asked)?.embedding.record.byteLength).toBe(400);
  expect(cache.bytes).toBe(0);
});

it("forgets one that was found damaged, once for all who had it, and keeps what has taken its place", async () => {
  const { store, cache } = open();
  const asked = cache.get(refOf("a"));
  store.answer(Uint8Array.of(1));
  const damaged = (await asked)?.embedding as SharedEmbedding;
  await Promise.all(Array.from({ length: 3 }, () => cache.reject(damaged)));
  expect(store.rejected).toEqual([`${idOf("a")}: 1`]);
  expect(cache.has(refOf("a"))).toBe(false);
  const again = cache.get(refOf("a"));
  store.answer(Uint8Array.of(2));
  await again;
  await cache.reject(damaged);
  expect(cache.has(refOf("a"))).toBe(true);
  expect(store.rejected.length).toBe(1);
});

it("gives up half of its bytes when asked, the least recently used first", async () => {
  const { store, cache } = open();
  for (const digit of ["a", "b"]) {
    const got = cache.get(refOf(digit));
    store.answer(new Uint8Array(300));
    await got;
  }
  await cache.get(refOf("a"));
  cache.shrink();
  expect(cache.bytes).toBe(300);
  expect(cache.has(refOf("a"))).toBe(true);
  expect(cache.has(refOf("b"))).toBe(false);
});

it("drops a picture's draft for its embedding", async () => {
  const { store, cache } = open();
  const draft = embeddingRef({ ...refOf("a"), draft: true });
  for (const ref of [draft, refOf("a")]) {
    const found = cache.get(ref);
    store.answer(Uint8Array.of(1));
    await found;
  }
  expect([cache.has(draft), cache.has(refOf("a"))]).toEqual([false, true]);
});

it("K6 does not bring back by a look that is under way what is deleted", async () => {
  const { store, cache } = open();
  const [asked, other] = [cache.get(refOf("a")), cache.get(refOf("b"))];
  cache.forget(pictureSet(undefined, idOf("a")));
  store.answer(Uint8Array.of(1));
  store.answer(Uint8Array.of(2));
  expect(await asked).toBeUndefined();
  expect([cache.has(refOf("a")), cache.has(refOf("b"))]).toEqual([false, true]);
  const found = await other;
  expect(found && cache.isGone(found.embedding)).toBe(false);
  cache.forget(pictureSet(undefined, undefined));
  expect(found && cache.isGone(found.embedding)).toBe(true);
  expect(cache.bytes).toBe(0);
  const again = cache.get(refOf("a"));
  store.answer(Uint8Array.of(3));
  expect(await again).toMatchObject({ local: false });
  expect(cache.has(refOf("a"))).toBe(true);
});
