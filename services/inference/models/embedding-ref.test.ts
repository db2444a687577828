import { expect, it } from "vitest";
import { embeddingRecordVersion } from "../../sam/embedding-record.js";
import { embeddingRef } from "./embedding-ref.js";
import { inFrame } from "./in-frame.js";
import { Manifest } from "./manifest.js";

const manifest = Manifest.read();
const model = manifest.get(manifest.defaultId);
const imageId = `sha256:${"a".repeat(64)}`;

it("has a key that changes with everything that decides the bytes", () => {
  const withData = (sha256: string) => ({
    ...model,
    files: { ...model.files, encoderData: { source: "file:weights", sha256, bytes: 1 } },
  });
  const crop = { x: 0, y: 1, width: 2, height: 3 };
  const { key } = embeddingRef({ tenant: undefined, imageId, model });
  const others = [
    { imageId: "sha256:other", model },
    { imageId, model: { ...model, id: "other" } },
    { imageId, model: { ...model, encoder: { ...model.encoder, sha256: "0" } } },
    { imageId, model: withData("1") },
    { imageId, model: withData("2") },
    { imageId, model: { ...model, preprocess: { ...model.preprocess, version: 99 } } },
    { imageId, model: inFrame(model, "picture") },
    { tenant: "acme", imageId, model },
    { tenant: "acme.de", imageId, model },
    { imageId, model, crop },
    { imageId, model, draft: true as const },
    { imageId, model, crop, draft: true as const },
    ...Object.entries(crop).map(([side, value]) => ({ imageId, model, crop: { ...crop, [side]: value + 1 } })),
  ];
  const keys = [key, ...others.map((other) => embeddingRef({ tenant: undefined, ...other }).key)];
  expect(new Set(keys).size).toBe(keys.length);
  expect(embeddingRef({ tenant: undefined, imageId, model: { ...model } }).key).toBe(key);
  // What was kept of a model whose graph holds its weights stays its own.
  expect(key).toContain(`:${model.id}:${model.encoder.sha256}:p`);
  // A release that writes records differently has keys of its own.
  expect(key).toContain(`:r${embeddingRecordVersion}`);
});
