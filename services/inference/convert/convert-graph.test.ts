import { Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { randomNumbers } from "../../../proto/testing/random-numbers.js";
import { createSession } from "../models/create-session.js";
import { agrees, checkConverted, checkingPicture } from "./check-converted.js";
import { type Cut, convertGraph } from "./convert-graph.js";
import { convertTfjs } from "./convert-tfjs.js";
import { runTfjs } from "./testing/run-tfjs.js";
import { TfjsFiles } from "./testing/tfjs-files.js";
import { readTfjsGraph, shardsOf } from "./tfjs-graph.js";

const random = randomNumbers(3);
const numbers = (...dims: number[]) => ({
  dims,
  data: Array.from({ length: dims.reduce((product, size) => product * size, 1) }, () => 2 * random() - 1),
});
const [height, width, channels] = [9, 7, 4];

/** What a part of a graph makes of a picture: by ONNX Runtime once it is converted, and number by number. */
async function compare(build: (files: TfjsFiles) => string, { isChannelsLast = true } = {}) {
  const tfjs = new TfjsFiles();
  tfjs.node("picture", "Placeholder", []);
  const output = build(tfjs);
  const { json, shards } = tfjs.files();
  const graph = readTfjsGraph(json, shards);
  const cut: Cut = {
    name: "part",
    input: { from: "picture", name: "image", dims: [1, channels, height, width], describe: "" },
    isChannelsLast,
    outputs: [{ from: output, name: "out", describe: "" }],
  };
  const planes = Float32Array.from(numbers(channels, height, width).data);
  const last = Float32Array.from(
    planes,
    (_, at) => planes[(at % channels) * height * width + Math.floor(at / channels)]!,
  );
  const seen = isChannelsLast
    ? { dims: [1, height, width, channels], data: last }
    : { dims: [1, channels, height, width], data: planes };
  const expected = runTfjs(graph, { picture: seen }, output);
  const { session } = await createSession(convertGraph(graph, cut), { providers: ["cpu"], threads: 1 });
  const { out } = await session.run({ image: new Tensor("float32", planes, [1, channels, height, width]) });
  await session.release();
  expect(out?.dims).toEqual(expected.dims);
  let furthest = 0;
  const values = out?.data as Float32Array;
  for (const [at, value] of values.entries())
    furthest = Math.max(furthest, Math.abs(value - (expected.data[at] as number)));
  expect(furthest).toBeLessThan(1e-5);
  // What is compared differs from place to place.
  expect(new Set(values).size).toBeGreaterThan(values.length / 3);
}

describe("makes of each operator what TensorFlow's documentation says", () => {
  it.each(["SAME", "VALID"] as const)("convolutions, %s, on odd sides", async (padding) => {
    await compare((t) => {
      const conv = t.conv(
        "c",
        "Conv2D",
        ["picture", t.weight("w", { ...numbers(3, 3, 4, 6), dtype: "float16" })],
        2,
        padding,
      );
      const each = t.conv("d", "DepthwiseConv2dNative", [conv, t.weight("v", numbers(2, 3, 6, 2))], 1, padding);
      return t.node("b", "BiasAdd", [each, t.weight("bias", numbers(12))]);
    });
  });

  it("pooling, normalisation and what cuts off", async () => {
    await compare((t) => {
      const pool = t.conv("p", "MaxPool", ["picture"], 2, "SAME", { ksize: { list: { i: ["1", "3", "3", "1"] } } });
      const spread = { dims: [4], data: [0.5, 1, 2, 3] };
      const norms = [
        t.weight("g", numbers(4)),
        t.weight("be", numbers(4)),
        t.weight("m", numbers(4)),
        t.weight("va", spread),
      ];
      const norm = t.node("n", "FusedBatchNorm", [pool, ...norms], { epsilon: { f: 0.001 } });
      const wide = t.node("s", "Mul", [norm, t.weight("six", { dims: [], data: [40] })]);
      const leaky = t.node("l", "LeakyRelu", [wide], { alpha: { f: 0.1 } });
      return t.node("a", "AddN", [leaky, t.node("r6", "Relu6", [wide]), t.node("si", "Sigmoid", [norm])]);
    });
  });

  it("sizes and places: pads, parts, joins and turns", async () => {
    await compare((t) => {
      const pads = t.ints("pads", [0, 0, 1, 2, 0, 1, 0, 0], [4, 2]);
      const padded = t.node("p", "PadV2", ["picture", pads, t.weight("rest", { dims: [], data: [0.25] })]);
      const larger = t.node("r", "ResizeBilinear", [padded, t.ints("size", [24, 16])], {
        half_pixel_centers: { b: true },
      });
      const parts = t.node("s", "SplitV", [larger, t.ints("sizes", [1, 3]), t.ints("axis", [3], [])]);
      const joined = t.node("j", "ConcatV2", [`${parts}:1`, parts, t.ints("last", [3], [])]);
      const turned = t.node("t", "Transpose", [joined, t.ints("perm", [0, 3, 1, 2])]);
      const scaled = t.node("m", "Mul", [turned, t.weight("w", { ...numbers(1, 4, 1, 1), dtype: "uint8" })]);
      const back = t.node("u", "Transpose", [scaled, t.ints("rep", [0, 2, 3, 1])]);
      const shape = t.node("sh", "Shape", [back]);
      const [zero, one] = [t.ints("zero", [0]), t.ints("one", [1])];
      const batch = t.node("ba", "StridedSlice", [shape, zero, one, one], { shrink_axis_mask: { i: "1" } });
      const target = t.node("pa", "Pack", [batch, t.ints("all", [-1], []), t.ints("two", [2], [])]);
      const flat = t.node("f", "Reshape", [back, target]);
      return t.node("e", "Squeeze", [t.node("x", "ExpandDims", [flat, t.ints("ax", [1], [])])], {
        squeeze_dims: { list: { i: ["0"] } },
      });
    });
  });

  it("a picture with its channels first, and shapes that are reckoned", async () => {
    await compare(
      (t) => {
        const padded = t.node("p", "Pad", ["picture", t.ints("pads", [0, 0, 0, 0, 1, 1, 1, 1], [4, 2])]);
        const last = t.node("t", "Transpose", [padded, t.ints("perm", [0, 2, 3, 1])]);
        const conv = t.conv("c", "Conv2D", [last, t.weight("w", numbers(3, 3, 4, 6))], 1, "VALID");
        const biased = t.node("a", "Add", [conv, t.weight("bias", numbers(6))]);
        const first = t.node("u", "Transpose", [biased, t.ints("rep", [0, 3, 1, 2])]);
        // [1, 6, 63]: what is 0 is put in.
        const known = t.node("k", "SparseToDense", [
          t.ints("where", [1], [1, 1]),
          t.ints("rank", [3]),
          t.ints("six", [6]),
          t.ints("none", [0], []),
        ]);
        const target = t.node("s", "AddV2", [t.ints("rest", [1, 0, 63]), known]);
        return t.node("f", "Reshape", [first, target]);
      },
      { isChannelsLast: false },
    );
  });
});

describe("refuses", () => {
  const of = (build: (t: TfjsFiles) => string) => () => {
    const t = new TfjsFiles();
    t.node("picture", "Placeholder", []);
    const from = build(t);
    const { json, shards } = t.files();
    const input: Cut["input"] = { from: "picture", name: "image", dims: [1, 4, 4, 4], describe: "" };
    convertGraph(readTfjsGraph(json, shards), {
      name: "x",
      input,
      isChannelsLast: true,
      outputs: [{ from, name: "o", describe: "" }],
    });
  };
  it.each<[string, (t: TfjsFiles) => string, RegExp]>([
    ["an operator that is not known", (t) => t.node("q", "Quux", ["picture"]), /operator Quux of q/],
    ["a name that is nothing's", () => "nothing", /no nothing in the graph/],
    [
      "a shape that is known only later",
      (t) => t.node("r", "Reshape", ["picture", "picture"]),
      /Reshape r .*only when the graph runs/,
    ],
    [
      "a resize that aligns corners",
      (t) => t.node("r", "ResizeBilinear", ["picture", t.ints("s", [8, 8])], { align_corners: { b: true } }),
      /aligns corners/,
    ],
    [
      "a dilated convolution",
      (t) =>
        t.conv("c", "Conv2D", ["picture", t.weight("w", numbers(3, 3, 4, 2))], 1, "SAME", {
          dilations: { list: { i: ["1", "2", "2", "1"] } },
        }),
      /dilated/,
    ],
  ])("%s", (_what, build, message) => {
    expect(of(build)).toThrow(message);
  });

  it.each<[string, string, Map<string, Uint8Array>, RegExp]>([
    ["what is no JSON", "{", new Map(), /no JSON/],
    ["what is no graph", "{}", new Map(), /no graph model/],
    ["weights that are not there", new TfjsFiles().files().json, new Map(), /a-1of2 is missing/],
  ])("%s", (_what, json, shards, message) => {
    expect(() => readTfjsGraph(json, shards)).toThrow(message);
  });

  it("weights that are too short, or too long", () => {
    const t = new TfjsFiles();
    t.weight("w", numbers(5));
    const { json, shards } = t.files();
    expect(shardsOf(json)).toEqual([...shards.keys()]);
    const withSecond = (bytes: number) => new Map(shards).set("a-2of2", new Uint8Array(bytes));
    expect(() => readTfjsGraph(json, withSecond(2))).toThrow(/end before w/);
    expect(() => readTfjsGraph(json, withSecond(40))).toThrow("the weights have 50 bytes where 20 are named");
  });

  it("a graph that is none of those it was written for", () => {
    const { json, shards } = new TfjsFiles().files();
    expect(() => convertTfjs("nanodet", json, shards)).toThrow(/there is no Identity/);
  });
});

describe("the proof of a converted graph", () => {
  it("holds what it gives against TensorFlow.js", async () => {
    const run = async () => ({});
    await expect(checkConverted("ssdlite", run)).rejects.toThrow(
      "scores of the converted ssdlite is not what TensorFlow.js",
    );
    const values = Float32Array.of(1, 2, 3, 4);
    const reference = { count: 4, sum: 10, magnitude: 10, samples: [2, 4] };
    expect(agrees(values, reference)).toBe(true);
    expect(agrees(values.with(0, 1.01), reference)).toBe(false);
    expect(agrees(Float32Array.of(1, 2.01, 2.99, 4), reference)).toBe(false);
    expect(agrees(Float32Array.of(1, 2, 3), reference)).toBe(false);
    expect(agrees(Float32Array.of(Number.NaN, 2, 3, 4), reference)).toBe(false);
  });

  it("is on a picture in which every axis differs", () => {
    const [c, h, w] = [3, 70, 90];
    const picture = checkingPicture(c, h, w);
    expect(picture.every((value) => value >= -2 && value <= 2)).toBe(true);
    expect(picture[5]).not.toBe(picture[5 * w]);
    expect(picture[5]).not.toBe(picture[h * w + 5]);
  });
});
