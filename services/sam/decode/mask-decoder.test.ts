import { describe, expect, it } from "vitest";
import { DiscRunner, discScores, metaDecoder } from "../testing/disc-runner.js";
import { type DecoderSpec, splitDecoder } from "./decoder-spec.js";
import type { FloatTensor, GraphName, GraphTensors } from "./graph-runner.js";
import { MaskDecoder } from "./mask-decoder.js";

const gridSize = 4;
const tokens = { coords: Float32Array.of(8, 4, 0, 0), labels: Float32Array.of(1, -1), count: 2 };
const start = Float32Array.from({ length: gridSize ** 2 }, (_, at) => at);
const image: FloatTensor = { data: Float32Array.of(1, 2), dims: [1, 2] };

/** Another family's: two tensors of an embedding, names of its own, a mask in every run and no picture's size. */
const other: DecoderSpec = {
  maskGrid: gridSize,
  embedding: [{ name: "image" }, { name: "details", dims: [2, 1] }],
  tokens: { side: 16, pad: "graph", box: "corners", axes: 2, labels: "int64" },
  step: "stock",
  stepWithMask: "stock",
  inputs: { points: "xy", labels: "kinds", mask: "from", hasMask: "has_from" },
  outputs: { logits: "pred_masks", scores: "iou_scores" },
};

const tensor = (data: Float32Array | number[], ...dims: number[]) => ({ data: Float32Array.from(data), dims });
const prompt = { point_coords: tensor(tokens.coords, 1, 2, 2), point_labels: tensor(tokens.labels, 1, 2) };
const grid = [1, 1, gridSize, gridSize];
const zeros = tensor(new Float32Array(gridSize ** 2), ...grid);
const smallest = { orig_im_size: tensor([1, 1], 2) };

describe("one run a prompt", () => {
  it.each<[string, DecoderSpec, Float32Array | undefined, GraphName, GraphTensors]>([
    ["in two halves", splitDecoder(gridSize, 16), undefined, "step", prompt],
    [
      "in two halves, from a mask",
      splitDecoder(gridSize, 16),
      start,
      "stepWithMask",
      { ...prompt, mask_input: tensor(start, ...grid) },
    ],
    [
      "Meta's export",
      metaDecoder(gridSize, 16),
      undefined,
      "stock",
      { ...prompt, mask_input: zeros, has_mask_input: tensor([0], 1), ...smallest },
    ],
    [
      "Meta's export, from a mask",
      metaDecoder(gridSize, 16),
      start,
      "stock",
      { ...prompt, mask_input: tensor(start, ...grid), has_mask_input: tensor([1], 1), ...smallest },
    ],
    [
      "other names",
      other,
      start,
      "stock",
      {
        xy: tensor(tokens.coords, 1, 1, 2, 2),
        kinds: { type: "int64" as const, data: BigInt64Array.of(1n, -1n), dims: [1, 1, 2] },
        from: tensor(start, ...grid),
        has_from: tensor([1], 1),
      },
    ],
  ])("%s", async (_name, spec, from, graph, inputs) => {
    const runner = new DiscRunner(spec);
    await new MaskDecoder(spec, runner).decode("kept", tokens, from);
    const { logits, scores } = spec.outputs;
    expect(runner.runs).toEqual([{ graph, inputs, outputs: [logits, scores] }]);
  });

  it("gives what the graph gave, and no copy of it", async () => {
    const spec = splitDecoder(gridSize, 16);
    const given = { low_res_masks: tensor([], 1, 4, ...grid), iou_predictions: tensor(discScores, 1, 4) };
    const decoder = new MaskDecoder(spec, { keep: async () => undefined, run: async () => given });
    const { logits, predictedIou } = await decoder.decode(undefined, tokens, undefined);
    expect(logits).toBe(given.low_res_masks.data);
    expect(predictedIou).toBe(given.iou_predictions.data);
  });

  it("refuses a graph that gives something else", async () => {
    const runner = { keep: async () => undefined, run: async () => ({ masks: image }) };
    const decoder = new MaskDecoder(splitDecoder(gridSize, 16), runner);
    await expect(decoder.decode(undefined, tokens, undefined)).rejects.toThrow("gave no low_res_masks");
  });
});

describe("once a picture", () => {
  it.each<[string, DecoderSpec, GraphName | undefined, string[]]>([
    ["in two halves the first is run", splitDecoder(gridSize, 16), "prefix", ["image_embeddings"]],
    ["of Meta's export the embedding is kept", metaDecoder(gridSize, 16), undefined, ["image_embeddings"]],
    ["an embedding's tensors go by their order", other, undefined, ["image", "details"]],
  ])("%s", async (_name, spec, graph, names) => {
    const runner = new DiscRunner(spec);
    const details = tensor([7], 1);
    await new MaskDecoder(spec, runner).prepare([image, details]);
    // What a graph takes more of than is kept is zero.
    const inputs = { [names[0]!]: image, ...(names[1] ? { [names[1]]: tensor([7, 0], 2, 1) } : {}) };
    expect(runner.kept).toEqual([{ graph, inputs }]);
  });

  it("refuses an embedding with too few tensors", () => {
    const decoder = new MaskDecoder(other, new DiscRunner(other));
    expect(() => decoder.prepare([image])).toThrow(/more tensors of an embedding than these 1/);
  });
});
