import { expect, it } from "vitest";
import { embeddingRef } from "../../inference/models/embedding-ref.js";
import { Manifest } from "../../inference/models/manifest.js";
import { Drafts } from "./drafts.js";

const manifest = Manifest.read();
const model = manifest.get(manifest.defaultId);
const ref = embeddingRef({ tenant: undefined, imageId: `sha256:${"a".repeat(64)}`, model });
const part = embeddingRef({ ...ref, crop: { x: 0, y: 0, width: 2, height: 2 } });

const usual = { ref, wantsDraft: true, takesFrames: true, waiting: 0, taskMs: 700, isUp: true };

it.each([
  ["a whole picture that a person waits for", {}, true],
  ["one that nobody wants a draft of", { wantsDraft: false }, false],
  ["a part of a picture", { ref: part }, false],
  ["a model of one frame", { takesFrames: false }, false],
  ["one with another behind it", { waiting: 1 }, false],
  ["one that is encoded as soon", { taskMs: 300 }, false],
  ["one whose draft no other process would find", { isUp: false }, false],
])("V1 of %s", (_what, given, isDue) => {
  const { ref, wantsDraft, takesFrames, waiting, taskMs, isUp } = { ...usual, ...given };
  const drafts = new Drafts({
    takesFrames: () => takesFrames,
    line: { waiting },
    pool: { taskMsOf: (kind) => (kind === model.id ? taskMs : 0) },
    isCacheUp: () => isUp,
  });
  expect(drafts.isDue(ref, { wantsDraft })).toBe(isDue);
});
