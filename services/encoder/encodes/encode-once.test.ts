import { afterEach, describe, expect, it, vi } from "vitest";
import { Admission } from "../../inference/admission.js";
import { draftKeyOf, type EmbeddingRef, embeddingRef } from "../../inference/models/embedding-ref.js";
import { Manifest } from "../../inference/models/manifest.js";
import { OnceStarted } from "../../inference/once-started.js";
import { pictureSet } from "../../inference/picture-set.js";
import type { TaskOptions } from "../../inference/workers/worker-pool.js";
import { Code, invalidArgument, overloaded } from "../../runtime/errors.js";
import { alwaysOpen } from "../../runtime/overload/doorkeeper.js";
import { callContext } from "../../runtime/testing/call-context.js";
import type { EmbeddingStore } from "../../stores/embedding-store.js";
import { MemoryLeaseKeys } from "../../stores/lease-keys.js";
import { Leases } from "../../stores/leases.js";
import { PictureDeletion } from "../../stores/picture-deletion.js";
import type { FileParts } from "../pictures/file-parts.js";
import type { EncodedDraft, EncodeTask } from "../worker/encoder-tasks.js";
import type { Progress } from "./encode-flights.js";
import { EncodeOnce } from "./encode-once.js";
import type { EncoderParts } from "./encode-picture.js";
import type { PictureSource } from "./picture-source.js";

const manifest = Manifest.read();
const model = manifest.get(manifest.defaultId);
const refOf = (letter: string) => embeddingRef({ tenant: undefined, imageId: `sha256:${letter.repeat(64)}`, model });
const picture = { width: 4, height: 3, reading: { orientation: 1, page: 0, pages: 1 }, pixels: {} };

const forced = new AbortController();
afterEach(() => vi.restoreAllMocks());

/** Something that the test waits for, and that ends when it says so. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

/** Encoders of one cluster: leases and embeddings are shared. */
function createCluster(now = () => performance.now()) {
  const keys = new MemoryLeaseKeys();
  const stored = new Set<string>();
  const deletion = new PictureDeletion({ stores: [], keys, namespace: "test", termMs: 60_000 });
  const embeddings = {
    find: async ({ key }: EmbeddingRef) => (stored.has(key) ? picture : undefined),
    describe: async ({ key }: EmbeddingRef) => (stored.has(key) ? picture : undefined),
    share: async () => true,
    set: async ({ key }: EmbeddingRef) => {
      stored.add(key);
      return "shared" as const;
    },
    delete: async ({ key }: EmbeddingRef) => void stored.delete(key),
  } as unknown as EmbeddingStore;

  function createEncoder() {
    const decoding = gate();
    const encoding = gate();
    /** Until which the worker goes on after a draft. */
    const finishing = gate();
    const line = {
      hasRoomFor: vi.fn(() => true),
      retryAfterMs: 700,
      hasten: vi.fn(),
      leave: vi.fn(),
      read: vi.fn(
        async (
          _file: FileParts,
          _request: object,
          { onPosition }: { onPosition?: (at: number, etaMs: number) => void },
        ) => {
          onPosition?.(2, 3000);
          await decoding.opened;
          return { picture, waitedMs: 1, readMs: 1, leave: line.leave };
        },
      ),
    };
    const pool = {
      hasten: vi.fn(),
      run: vi.fn(async (task: EncodeTask, { onStart, onPart }: TaskOptions<EncodedDraft>) => {
        await encoding.opened;
        onStart?.({ queueMs: 1 });
        if (task.draft) {
          onPart?.({ record: new Uint8Array(1), draftMs: 5 });
          await finishing.opened;
        }
        return { record: new Uint8Array(1), preprocessMs: 1, encodeMs: 1 };
      }),
    };
    const parts = new OnceStarted<EncoderParts>("encoder");
    const drafts = { isDue: vi.fn((_ref: EmbeddingRef, { wantsDraft }: { wantsDraft: boolean }) => wantsDraft) };
    parts.set({ line, pool, drafts, models: { get: async () => {} } } as unknown as EncoderParts);
    const admission = new Admission(alwaysOpen);
    const images = { delete: vi.fn(async () => {}) };
    const told = { saved: vi.fn(), failed: vi.fn(), encoded: vi.fn() };
    const encodes = new EncodeOnce({
      admission,
      parts,
      embeddings,
      images,
      deletion,
      leases: new Leases(keys, { namespace: "test", termMs: 60_000, now }),
      limits: {} as never,
      maxElsewhere: 4,
      forced: forced.signal,
      onEncoded: told.encoded,
      onSaved: told.saved,
      onFailed: told.failed,
    });
    const source = { file: vi.fn(async () => [new Uint8Array(1)]), isPicture: vi.fn(async () => {}) };
    const heard: Progress[] = [];
    const ask = (ref = refOf("a"), { isBulk = false, wantsDraft = false, from = source as PictureSource } = {}) =>
      encodes.encode(ref, { isBulk, wantsDraft }, from, (progress) => heard.push(progress), callContext());
    return { encodes, ask, line, pool, decoding, encoding, finishing, images, told, source, heard, admission };
  }
  return { createEncoder, deletion, stored };
}

it("decodes and encodes a picture once in the cluster: whoever waits for another encoder keeps the file", async () => {
  const { createEncoder } = createCluster();
  const [one, two] = [createEncoder(), createEncoder()];
  const first = one.ask();
  await expect.poll(() => one.line.read).toHaveBeenCalled();
  const second = two.ask();
  // What stands in the first one's line is told there, too.
  // The time left is 3 s, less what the news took to come.
  const etaMs = expect.toSatisfy((ms: number) => ms > 0 && ms <= 3000);
  await expect.poll(() => two.heard).toContainEqual({ stage: "queued", position: 2, etaMs, elsewhere: true });
  expect(two.source.file).not.toHaveBeenCalled();
  one.decoding.open();
  one.encoding.open();
  expect(await first).toMatchObject({ cached: false, image: { width: 4, height: 3 } });
  expect(await second).toMatchObject({ cached: true, image: { width: 4, height: 3 } });
  expect(one.source.isPicture).toHaveBeenCalledWith({ width: 4, height: 3 });
  expect(two.line.read).not.toHaveBeenCalled();
  expect([one.told.encoded.mock.calls.length, two.told.saved.mock.calls]).toEqual([1, [["cluster"]]]);
});

it("has no room for more while as many as may wait for another encoder", async () => {
  const { createEncoder } = createCluster();
  const [one, two] = [createEncoder(), createEncoder()];
  const letters = ["a", "b", "c", "d"];
  const atWork = letters.map((letter) => one.ask(refOf(letter)));
  await vi.waitFor(() => expect(one.line.read).toHaveBeenCalledTimes(letters.length));
  // Its own encodes are its line's affair.
  one.encodes.checkRoom({ isBulk: false, caller: "me" });
  const waiting = letters.map((letter) => two.ask(refOf(letter)));
  const isFull = () => {
    expect(() => two.encodes.checkRoom({ isBulk: false, caller: "me" })).toThrow(
      expect.objectContaining({ code: Code.RESOURCE_EXHAUSTED }),
    );
  };
  await vi.waitFor(isFull);
  one.decoding.open();
  one.encoding.open();
  await Promise.all([...atWork, ...waiting]);
  two.encodes.checkRoom({ isBulk: false, caller: "me" });
});

it("decodes it when the other encoder gives it up", async () => {
  const { createEncoder } = createCluster();
  const [one, two] = [createEncoder(), createEncoder()];
  one.pool.run.mockRejectedValue(overloaded("Too many.", 10));
  const first = one.ask();
  await expect.poll(() => one.line.read).toHaveBeenCalled();
  const second = two.ask();
  await expect.poll(() => two.heard.length).toBeGreaterThan(0);
  for (const { decoding, encoding } of [one, two]) {
    decoding.open();
    encoding.open();
  }
  await expect(first).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
  expect(one.line.leave).toHaveBeenCalled();
  expect(await second).toMatchObject({ cached: false });
  expect(two.line.read).toHaveBeenCalledTimes(1);
});

it("keeps the file while the model runs, and is not ready before", async () => {
  const { createEncoder, stored } = createCluster();
  const { ask, decoding, encoding, finishing, source } = createEncoder();
  const keeping = gate();
  source.isPicture.mockReturnValueOnce(keeping.opened);
  const ready = vi.fn();
  const outcome = ask().then(ready);
  for (const { open } of [decoding, encoding, finishing]) open();
  await expect.poll(() => stored.size).toBe(1);
  await soon();
  expect(ready).not.toHaveBeenCalled();
  keeping.open();
  await outcome;
});

it("is joined by those who ask meanwhile", async () => {
  const { createEncoder } = createCluster();
  const { ask, encodes, decoding, encoding, told, line, pool } = createEncoder();
  const all = [ask(), ask(), ask()];
  expect(encodes.isUnderWay(refOf("a"))).toBe(true);
  expect(encodes.isUnderWay(refOf("b"))).toBe(false);
  decoding.open();
  encoding.open();
  await Promise.all(all);
  expect([line.read.mock.calls.length, pool.run.mock.calls.length]).toEqual([1, 1]);
  expect(told.saved.mock.calls).toEqual([["process"], ["process"]]);
  expect(encodes.isUnderWay(refOf("a"))).toBe(false);
});

it("becomes urgent where it waits when a person joins what a batch has begun", async () => {
  const { createEncoder } = createCluster();
  const { ask, decoding, encoding, line, pool } = createEncoder();
  const batch = ask(refOf("a"), { isBulk: true });
  await expect.poll(() => line.read).toHaveBeenCalled();
  expect(line.read.mock.calls[0]?.[2]).toMatchObject({ urgent: false });
  const other = ask(refOf("b"), { isBulk: true });
  const person = ask(refOf("a"));
  expect(line.hasten).toHaveBeenCalledWith(line.read.mock.calls[0]?.[0]);
  decoding.open();
  await expect.poll(() => pool.run).toHaveBeenCalledTimes(2);
  const urgencies = pool.run.mock.calls.map(([, options]) => (options as { urgent?: boolean }).urgent);
  expect(urgencies.sort()).toEqual([false, true]);
  const late = ask(refOf("b"));
  expect(pool.hasten).toHaveBeenCalledTimes(1);
  encoding.open();
  await Promise.all([batch, other, person, late]);
});

it("forgets a file that can never be encoded, and no other", async () => {
  const { createEncoder } = createCluster();
  const { ask, images, line, told } = createEncoder();
  line.read.mockRejectedValueOnce(invalidArgument("It is damaged.", "DAMAGED_IMAGE"));
  await expect(ask(refOf("a"))).rejects.toMatchObject({ reason: "DAMAGED_IMAGE" });
  expect(images.delete).toHaveBeenCalledWith(refOf("a"));
  line.read.mockRejectedValueOnce(overloaded("Too many.", 10));
  await expect(ask(refOf("b"))).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
  expect(images.delete).toHaveBeenCalledTimes(1);
  expect(told.failed).toHaveBeenCalledTimes(2);
});

it("has room as long as its line has, and takes nothing new once it drains", async () => {
  const { createEncoder } = createCluster();
  const { encodes, ask, admission, line, decoding, encoding } = createEncoder();
  const asker = { isBulk: false, caller: "one" };
  encodes.checkRoom(asker);
  line.hasRoomFor.mockReturnValueOnce(false);
  expect(() => encodes.checkRoom(asker)).toThrow(
    expect.objectContaining({ code: Code.RESOURCE_EXHAUSTED, retryAfterMs: 700 }),
  );
  const underWay = ask(refOf("a"));
  admission.end();
  expect(() => encodes.checkRoom(asker)).toThrow(expect.objectContaining({ code: Code.UNAVAILABLE }));
  await expect(ask(refOf("b"))).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  // What is under way is joined and finished.
  const joined = ask(refOf("a"));
  const drained = encodes.drain(new AbortController().signal);
  decoding.open();
  encoding.open();
  await Promise.all([underWay, joined, drained]);
  await soon();
  expect(encodes.isUnderWay(refOf("a"))).toBe(false);
});

describe("K6 a picture that is deleted while it is encoded", () => {
  const pictures = pictureSet(undefined, refOf("a").imageId);
  const gone = expect.objectContaining({ code: Code.NOT_FOUND, message: expect.stringContaining("deleted") });

  it("ends for all who wait, here and at other encoders, and is not kept", async () => {
    const { createEncoder, stored } = createCluster();
    const [one, two] = [createEncoder(), createEncoder()];
    const asked = [one.ask(), one.ask()];
    await expect.poll(() => one.line.read).toHaveBeenCalled();
    asked.push(two.ask());
    await expect.poll(() => two.heard.length).toBeGreaterThan(0);
    const bystander = one.ask(refOf("b"));
    one.decoding.open();
    await expect.poll(() => one.pool.run).toHaveBeenCalled();
    const outcomes = Promise.allSettled(asked);
    await Promise.all([one, two].map(({ encodes }) => encodes.end(pictures)));
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: "rejected", reason: gone });
    expect(one.encodes.isUnderWay(refOf("a"))).toBe(false);
    // The model's run cannot be stopped: what it makes is thrown away.
    one.encoding.open();
    await bystander;
    await soon();
    expect([...stored]).toEqual([refOf("b").key]);
    for (const { images } of [one, two]) expect(images.delete).toHaveBeenCalledWith(refOf("a"));
  });

  it("is deleted after its file was put where it is kept, however long that takes", async () => {
    const { ask, encodes, decoding, images, source, pool } = createCluster().createEncoder();
    const keeping = gate();
    source.isPicture.mockReturnValueOnce(keeping.opened);
    const refused = expect(ask()).rejects.toEqual(gone);
    decoding.open();
    await expect.poll(() => pool.run).toHaveBeenCalled();
    const ended = encodes.end(pictures);
    await refused;
    await soon();
    expect(images.delete).not.toHaveBeenCalled();
    keeping.open();
    await ended;
    expect(images.delete).toHaveBeenCalledWith(refOf("a"));
  });

  it("is taken back by an encoder that finds the note of it only when it has stored it", async () => {
    const { createEncoder, deletion, stored } = createCluster();
    const one = createEncoder();
    const asked = one.ask();
    await expect.poll(() => one.line.read).toHaveBeenCalled();
    await deletion.delete(pictures, new AbortController().signal);
    one.decoding.open();
    one.encoding.open();
    await expect(asked).rejects.toEqual(gone);
    expect(stored.size).toBe(0);
    // Uploaded again it is a picture like any other.
    await one.ask();
    expect(stored.size).toBe(1);
  });
});

describe("drafts", () => {
  const draftKey = draftKeyOf(refOf("a").key);
  const drafted = { stage: "encoding", draft: expect.objectContaining({ width: 4, height: 3 }) };

  it("V2 are told of to all who wait, here and at another encoder, and are gone with the embedding", async () => {
    const { createEncoder, stored } = createCluster();
    const [one, two] = [createEncoder(), createEncoder()];
    const first = one.ask(refOf("a"), { wantsDraft: true });
    await expect.poll(() => one.line.read).toHaveBeenCalled();
    const second = two.ask();
    one.decoding.open();
    one.encoding.open();
    await expect.poll(() => one.heard).toContainEqual(drafted);
    await expect.poll(() => two.heard).toContainEqual({ ...drafted, elsewhere: true });
    expect([...stored]).toEqual([draftKey]);
    const late: Progress[] = [];
    const third = one.encodes.encode(
      refOf("a"),
      { isBulk: false, wantsDraft: true },
      one.source,
      (progress) => late.push(progress),
      callContext(),
    );
    expect(late).toEqual([drafted]);
    one.finishing.open();
    expect(await Promise.all([first, second, third])).toHaveLength(3);
    await expect.poll(() => [...stored]).toEqual([refOf("a").key]);
    expect(one.told.encoded).toHaveBeenCalledWith(expect.objectContaining({ draft: 5 }), refOf("a"));
  });

  it("V1 are wanted as soon as a person who understands them joins", async () => {
    const { createEncoder } = createCluster();
    const { ask, decoding, encoding, finishing, pool } = createEncoder();
    const batch = ask(refOf("a"), { isBulk: true, wantsDraft: true });
    const person = ask(refOf("a"), { wantsDraft: true });
    decoding.open();
    encoding.open();
    finishing.open();
    await Promise.all([batch, person]);
    expect(pool.run.mock.calls[0]?.[0]).toMatchObject({ draft: true });
    await ask(refOf("b"), { isBulk: true, wantsDraft: true });
    expect(pool.run.mock.calls[1]?.[0]).toMatchObject({ draft: false });
  });

  it("V2 leave nothing behind when the lease has run out and another's embedding is there", async () => {
    let lateMs = 0;
    const { createEncoder, stored } = createCluster(() => performance.now() + lateMs);
    const { ask, decoding, encoding, finishing } = createEncoder();
    const outcome = ask(refOf("a"), { wantsDraft: true });
    decoding.open();
    encoding.open();
    await expect.poll(() => [...stored]).toEqual([draftKey]);
    lateMs = 120_000;
    stored.add(refOf("a").key);
    finishing.open();
    expect(await outcome).toMatchObject({ cached: true });
    expect([...stored]).toEqual([refOf("a").key]);
  });

  it("K6 leave nothing behind when another has made one of what was deleted meanwhile", async () => {
    const { createEncoder, deletion, stored } = createCluster();
    const one = createEncoder();
    const asked = one.ask();
    await expect.poll(() => one.line.read).toHaveBeenCalled();
    await deletion.delete(pictureSet(undefined, refOf("a").imageId), new AbortController().signal);
    stored.add(draftKey);
    one.decoding.open();
    one.encoding.open();
    await expect(asked).rejects.toMatchObject({ code: Code.NOT_FOUND });
    expect([...stored]).toEqual([]);
  });

  it("V2 K6 leave nothing behind when the picture is deleted meanwhile", async () => {
    const { createEncoder, stored } = createCluster();
    const { ask, decoding, encoding, encodes, finishing } = createEncoder();
    const outcome = ask(refOf("a"), { wantsDraft: true });
    const refused = expect(outcome).rejects.toMatchObject({ code: Code.NOT_FOUND });
    decoding.open();
    encoding.open();
    await expect.poll(() => [...stored]).toEqual([draftKey]);
    await encodes.end(pictureSet(undefined, refOf("a").imageId));
    await refused;
    expect([...stored]).toEqual([]);
    finishing.open();
  });
});
