import { expect, it } from "vitest";
import { Manifest, type ModelSpec } from "./manifest.js";
import { embeddingTensors, imageTensor, modelFrame } from "./model-tensors.js";

const manifest = Manifest.read();
const model = manifest.get(manifest.defaultId);

it("finds the picture's features among the tensors of an embedding", () => {
  expect(embeddingTensors(model)).toEqual([{ name: "output", dims: [1, 256, 64, 64] }]);
  expect(imageTensor(model)).toEqual({ index: 0, dims: [1, 256, 64, 64], side: 64 });
  const detail = { name: "detail", dims: [4, 1, 8, 8, 32], kept: [1, 8, 8, 32] };
  const outputs: ModelSpec["encoder"]["outputs"] = [detail, { name: "features", role: "image", dims: [1, 2, 4, 4] }];
  const other = { encoder: { ...model.encoder, outputs } };
  expect(imageTensor(other)).toEqual({ index: 1, dims: [1, 2, 4, 4], side: 4 });
  expect(embeddingTensors(other)).toEqual([
    { name: "detail", dims: [1, 8, 8, 32] },
    { name: "features", dims: [1, 2, 4, 4] },
  ]);
});

it("fits pictures into the model's frame and on its grid", () => {
  expect(modelFrame(model, { width: 600, height: 300 })).toMatchObject({
    modelSize: 1024,
    gridSize: 256,
    contentWidth: 1024,
    contentHeight: 512,
  });
  const small = {
    preprocess: { ...model.preprocess, size: 64, resize: "stretch" as const },
    decoder: { ...model.decoder, maskGrid: 16 },
  };
  // Straight from the grid to the picture.
  expect(modelFrame(small, { width: 600, height: 300 })).toMatchObject({
    modelSize: 16,
    gridSize: 16,
    contentWidth: 16,
    contentHeight: 16,
  });
});
