import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GraphBuilder } from "../../inference/onnx/graph-builder.js";
import {
  type MemoryConstants,
  type MemoryModel,
  MemoryPropagator,
  type ObjectMemory,
} from "../../sam/track/memory/memory-propagator.js";
import { loadMemoryGraphs } from "./memory-graphs.js";

/*
 * Graphs with the names, the order and the dimensions of SAM 2.1's, that can be reckoned by hand. Its weights were never run here.
 */
const [cells, frame, channels, width] = [64, 1024, 256, 64];
const area = cells ** 2;

/** vision_features: of every channel the mean of the mask in a cell. vision_pos_enc: 0.5. */
function encoderGraph(): Uint8Array {
  const g = new GraphBuilder("memory_encoder");
  const features = g.input("pix_feat", [1, channels, cells, cells], "the frame's");
  const masks = g.input("masks", [1, 1, frame, frame], "sigmoid * 20 - 10");
  const side = frame / cells;
  const means = g.node("AveragePool", [masks], {
    kernel_shape: { ints: [side, side] },
    strides: { ints: [side, side] },
  });
  const nothing = g.multiply(g.slice(features, 1, 0, width), g.scalar(0));
  g.output("vision_features", g.add(nothing, means), [1, width, cells, cells], "memory");
  g.output("vision_pos_enc", g.add(nothing, g.scalar(0.5)), [1, width, cells, cells], "places");
  return g.build();
}

/** pix_feat: curr and curr_pos, the sum over masks of a row's mean (as many as 4096 rows), and that of pointers times 1000. */
function attentionGraph(): Uint8Array {
  const g = new GraphBuilder("memory_attention");
  const curr = g.input("curr", [area, 1, channels], "features");
  const masks = g.input("memory_1", ["masks", 1, width], "mask memories");
  const pointers = g.input("memory_2", ["pointers", 1, width], "object pointers");
  const currPos = g.input("curr_pos", [area, 1, channels], "places");
  const maskPos = g.input("memory_pos_1", ["masks", 1, width], "places and times");
  const pointerPos = g.input("memory_pos_2", ["pointers", 1, width], "times");
  const sum = (a: string, b: string, scale: number) =>
    g.multiply(g.node("ReduceSum", [g.add(a, b)], { keepdims: { int: 0 } }), g.scalar(scale));
  const all = g.add(sum(masks, maskPos, 1 / (area * width)), sum(pointers, pointerPos, 1000 / channels));
  g.output("pix_feat", g.add(g.add(curr, currPos), all), [area, 1, channels], "features");
  return g.build();
}

function mlpGraph(): Uint8Array {
  const g = new GraphBuilder("mlp");
  g.output("x_out", g.multiply(g.input("x", ["n", channels], "token"), g.scalar(2)), ["n", channels], "pointer");
  return g.build();
}

/** The encoding of time e is e + 1 in every channel. */
const temporal = Float32Array.from({ length: 7 * width }, (_, at) => Math.floor(at / width) + 1);
const constants: MemoryConstants = {
  temporal,
  noMemory: new Float32Array(channels).fill(7),
  noObjectPointer: new Float32Array(channels).fill(-1),
  noObjectSpatial: new Float32Array(width).fill(100),
};
const picture = {
  features: new Float32Array(area * channels).fill(1),
  positions: new Float32Array(area * channels).fill(2),
};
const grid = 256;
const inside = new Float32Array(grid ** 2).fill(5);

let graphs: Awaited<ReturnType<typeof loadMemoryGraphs>>;
beforeAll(async () => {
  const files = { encoder: encoderGraph(), attention: attentionGraph(), mlp: mlpGraph() };
  graphs = await loadMemoryGraphs(files, { cells, frame, channels, width }, 1);
});
afterAll(() => graphs[Symbol.asyncDispose]());

/** A decoder that tells what it was given. @param score of the object. */
function open(score = 1) {
  const given: { feature: number; mask: number | undefined }[] = [];
  const model: MemoryModel = {
    ...graphs,
    constants,
    decode: async (_, features, mask) => {
      given.push({ feature: features[0]!, mask: mask?.[0] });
      return { logits: inside, predictedIou: 0.75, token: new Float32Array(channels).fill(0.25), objectScore: score };
    },
    enlarge: (logits) => new Float32Array(frame ** 2).fill(logits[0]!),
  };
  return { propagator: new MemoryPropagator(model), given };
}

const sigmoid = (logit: number) => 20 / (1 + Math.exp(-logit)) - 10;

describe("SAM 2's memory", () => {
  it("remembers a person's mask as it is, with the pointer of a decode from it, and what stands for no memory", async () => {
    const { propagator, given } = open();
    const { mask, pointer } = await propagator.start(picture, inside);
    expect(given).toEqual([{ feature: 1 + 7, mask: 5 }]);
    expect(mask.values).toHaveLength(area * width);
    expect([mask.values[0], mask.values.at(-1), mask.positions[0]]).toEqual([10, 10, 0.5]);
    expect([pointer.length, pointer[0]]).toEqual([channels, 0.5]);
  });

  it("looks at a frame in the light of what is remembered, and remembers what it finds", async () => {
    const { propagator, given } = open();
    const touched = new Map([[0, await propagator.start(picture, inside)]]);
    const first = await propagator.step(picture, { frame: 1, direction: "forward" }, { touched, followed: new Map() });
    // One mask (10, 0.5 and the last encoding, 7), one pointer (0.5).
    expect(given[1]!.feature).toBeCloseTo(1 + 2 + 10 + 0.5 + 7 + 500, 2);
    expect(given[1]!.mask).toBeUndefined();
    expect(first).toMatchObject({ logits: inside, predictedIou: 0.75 });
    expect(first.memory.mask.values[0]).toBeCloseTo(sigmoid(5), 4);
    const followed = new Map([[1, first.memory]]);
    await propagator.step(picture, { frame: 2, direction: "forward" }, { touched, followed });
    // The frame just before has the first encoding.
    expect(given[2]!.feature).toBeCloseTo(3 + 17.5 + (sigmoid(5) + 0.5 + 1) + 1000, 1);
  });

  it("keeps an object that is not there out of what it remembers", async () => {
    const { propagator } = open(-1);
    const touched = new Map([[0, await propagator.start(picture, inside)]]);
    const found = await propagator.step(picture, { frame: 1, direction: "forward" }, { touched, followed: new Map() });
    expect(found).toMatchObject({ logits: undefined, predictedIou: 0 });
    expect([found.memory.mask.values[0], found.memory.pointer[0]]).toEqual([-10 + 100, -1]);
  });

  it("takes a correction for a touched frame", async () => {
    const { propagator, given } = open();
    const corrected: ObjectMemory = await propagator.correct(picture, inside);
    const touched = new Map([
      [0, corrected],
      [4, corrected],
    ]);
    await propagator.step(picture, { frame: 5, direction: "forward" }, { touched, followed: new Map() });
    expect(given.at(-1)!.feature).toBeCloseTo(3 + 2 * 17.5 + 1000, 2);
  });
});
