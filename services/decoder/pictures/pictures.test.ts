import { expect, it, vi } from "vitest";
import { embeddingRef } from "../../inference/models/embedding-ref.js";
import { Manifest, type ModelSpec } from "../../inference/models/manifest.js";
import { OnceStarted } from "../../inference/once-started.js";
import { pictureSet } from "../../inference/picture-set.js";
import { Code, overloaded, ServiceError } from "../../runtime/errors.js";
import { type DecoderParts, type DecoderPool, Pictures } from "./pictures.js";

const manifest = Manifest.read();
const model = manifest.get(manifest.defaultId);
const ref = embeddingRef({ tenant: undefined, imageId: `sha256:${"a".repeat(64)}`, model });
const crop = { x: 1, y: 2, width: 30, height: 40 };
const { signal } = new AbortController();
const call = { signal, origin: { caller: "me" } };

function open({ isThere = true } = {}) {
  const run = vi.fn(async (..._given: unknown[]): Promise<unknown> => ({ warm: true }));
  const embedding = {
    ref,
    width: 6,
    height: 5,
    picture: { width: 12, height: 9 },
    record: new SharedArrayBuffer(4),
    asOf: 3,
  };
  const embeddings = {
    get: vi.fn(async () => (isThere ? { embedding, local: true } : undefined)),
    reject: vi.fn(async () => {}),
    forget: vi.fn(() => 4),
    isGone: vi.fn(() => false),
  };
  const parts = new OnceStarted<DecoderParts>("decoder");
  const tell = vi.fn();
  const ready = vi.fn(async (_model: ModelSpec) => {});
  const start = () => parts.set({ pool: { run, tell } as unknown as DecoderPool, models: { get: ready } });
  const memories = { forget: vi.fn() };
  return {
    pictures: new Pictures(embeddings, parts, memories),
    memories,
    ready,
    run,
    tell,
    embeddings,
    embedding,
    start,
  };
}

it("runs tasks on a picture's embedding for who asks, where its key is warm", async () => {
  const { pictures, run, embedding, start } = open();
  start();
  const picture = await pictures.open(ref, call);
  expect(picture).toMatchObject({ ref, width: 6, height: 5, picture: { width: 12, height: 9 }, local: true });
  expect(await picture.run({ kind: "prepare" }, { urgent: true })).toEqual({ warm: true });
  const { record, width, height } = embedding;
  expect(run).toHaveBeenCalledWith(
    { kind: "prepare", key: ref.key, record, width, height, modelId: model.id, asOf: 3 },
    { urgent: true, signal, caller: "me", tenant: undefined, cost: 1, bulk: false, lasting: false, key: ref.key },
  );
  await picture.run({
    kind: "grid",
    points: [
      { x: 1, y: 1 },
      { x: 2, y: 2 },
    ],
  } as never);
  expect(run.mock.lastCall?.[1]).toMatchObject({ cost: 2, bulk: true });
});

it("asks for an embedding that is not there to be made, and names the part", async () => {
  const { pictures, start } = open({ isThere: false });
  start();
  await expect(pictures.open(ref, call)).rejects.toMatchObject({ code: Code.NOT_FOUND });
  await expect(pictures.open(embeddingRef({ ...ref, crop }), call)).rejects.toMatchObject({
    code: Code.NOT_FOUND,
    message: expect.stringContaining("30 x 40 at (1, 2)"),
  });
});

it("takes a damaged embedding for none, and leaves other failures as they are", async () => {
  const { pictures, run, embeddings, embedding, start } = open();
  start();
  const picture = await pictures.open(ref, call);
  run.mockRejectedValueOnce(overloaded("Too many.", 10));
  await expect(picture.run({ kind: "prepare" })).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
  expect(embeddings.reject).not.toHaveBeenCalled();
  run.mockRejectedValueOnce(new ServiceError({ code: Code.DATA_LOSS, message: "It is damaged." }));
  await expect(picture.run({ kind: "prepare" })).rejects.toMatchObject({ code: Code.NOT_FOUND });
  expect(embeddings.reject).toHaveBeenCalledWith(embedding);
});

it("is not there before its workers are", async () => {
  const { pictures, embeddings } = open();
  await expect(pictures.open(ref, call)).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  expect(embeddings.get).not.toHaveBeenCalled();
});

it("K6 ends what is under way on a picture that is deleted, and has every worker drop it", async () => {
  const { pictures, run, tell, embeddings, memories, start } = open();
  const set = pictureSet(undefined, ref.imageId);
  pictures.forget(set);
  expect(memories.forget).toHaveBeenLastCalledWith(set.prefix, 4);
  start();
  const picture = await pictures.open(ref, call);
  pictures.forget(set);
  expect(tell).toHaveBeenCalledExactlyOnceWith({ kind: "deletion", deletion: { prefix: set.prefix, number: 4 } });
  embeddings.isGone.mockReturnValue(true);
  await expect(picture.run({ kind: "prepare" })).rejects.toMatchObject({ code: Code.NOT_FOUND });
  expect(run).not.toHaveBeenCalled();
});
