import { readFile } from "node:fs/promises";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ModelProto, ModelProtoSchema, type NodeProto, NodeProtoSchema } from "../../../proto/onnx.js";
import { Manifest } from "../../inference/models/manifest.js";
import { resolveModelFile } from "../../inference/models/model-file.js";
import { GraphBuilder } from "../../inference/onnx/graph-builder.js";
import { UnknownGraphError } from "../../inference/onnx/unknown-graph-error.js";
import { checkParity, ParityBench } from "./check-parity.js";
import { optimiseDecoder } from "./optimise-decoder.js";
import { type ParityPrompt, parityPrompts } from "./parity-prompts.js";
import { type RewrittenDecoder, rewriteDecoder } from "./rewrite-decoder.js";

const manifest = Manifest.read();
const model = manifest.get(manifest.defaultId);
let stock: Uint8Array;
let rewritten: RewrittenDecoder;

beforeAll(async () => {
  stock = await readFile(resolveModelFile(model.decoder, manifest));
  rewritten = rewriteDecoder(stock);
});

const twentyPoints: ParityPrompt = {
  name: "twenty points",
  points: [...Array.from({ length: 20 }, (_, i) => [((i * 7) % 20) / 20, i / 20, i % 3 ? 1 : 0] as const), [0, 0, -1]],
  withMask: false,
};
const manyWithMask: ParityPrompt = { ...twentyPoints, name: "twenty points and mask", withMask: true };
const unknownLabel: ParityPrompt = { name: "label 7", points: [[0.4, 0.4, 7]], withMask: false };

describe("a rewritten decoder", () => {
  let bench: ParityBench;

  beforeAll(async () => {
    bench = await ParityBench.open(stock, rewritten);
  });
  afterAll(() => bench?.[Symbol.asyncDispose]());

  it.each([...parityPrompts, twentyPoints, manyWithMask, unknownLabel])(
    "gives the stock graph's masks for $name",
    async (prompt) => {
      const report = await bench.compare([prompt]);
      expect(report).toMatchObject({ passed: true, compared: 4 * 256 * 256 });
      expect(report.signFlips).toBeLessThanOrEqual(1);
    },
  );

  it("answers a batch of prompts as it answers each", async () => {
    const [prefix, step] = await Promise.all([
      InferenceSession.create(rewritten.prefix),
      InferenceSession.create(rewritten.step),
    ]);
    const embedding = new Tensor(
      "float32",
      Float32Array.from({ length: 256 * 4096 }, (_, i) => Math.sin(i * i)),
      [1, 256, 64, 64],
    );
    const prepared = await prefix.run({ image_embeddings: embedding });
    const coords = Float32Array.of(200, 300, 0, 0, 700, 512, 0, 0, 40, 1000, 0, 0);
    const labels = Float32Array.of(1, -1, 0, -1, 1, -1);
    const run = (from: number, to: number) =>
      step.run({
        ...prepared,
        point_coords: new Tensor("float32", coords.slice(4 * from, 4 * to), [to - from, 2, 2]),
        point_labels: new Tensor("float32", labels.slice(2 * from, 2 * to), [to - from, 2]),
      });
    const batch = await run(0, 3);
    expect(batch.low_res_masks?.dims).toEqual([3, 4, 256, 256]);
    expect(batch.iou_predictions?.dims).toEqual([3, 4]);
    const all = batch.low_res_masks!.data as Float32Array;
    for (const index of [0, 1, 2]) {
      const single = (await run(index, index + 1)).low_res_masks!.data as Float32Array;
      const part = all.subarray(index * single.length, (index + 1) * single.length);
      expect(part.reduce((max, value, i) => Math.max(max, Math.abs(value - single[i]!)), 0)).toBeLessThan(1e-3);
    }
  });

  it("is refused when one weight is off by a hundredth", async () => {
    const step = fromBinary(ModelProtoSchema, rewritten.step);
    const weight = step.graph!.initializer.find(({ name }) => name === "layer1/i2t/out")!;
    const values = new Float32Array(new Uint8Array(weight.rawData).buffer).map((value) => 1.01 * value);
    weight.rawData = new Uint8Array(values.buffer);
    const prompts = parityPrompts.slice(0, 1);
    const report = await checkParity(stock, { ...rewritten, step: toBinary(ModelProtoSchema, step) }, { prompts });
    expect(report.passed).toBe(false);
  });
});

describe("finding weights", () => {
  it("does without names", () => {
    expect(same(rewriteDecoder(changed(stock, rename)), rewritten)).toBe(true);
  });

  it("knows a normalisation by its operators", () => {
    const spelledOut = changed(stock, spellOutNorms);
    expect(
      fromBinary(ModelProtoSchema, spelledOut).graph!.node.some(({ opType }) => opType === "LayerNormalization"),
    ).toBe(false);
    expect(same(rewriteDecoder(spelledOut), rewritten)).toBe(true);
  });

  it("refuses another graph and says what it looked for", async () => {
    const g = new GraphBuilder("another");
    g.output("output", g.node("Relu", [g.input("input", [1, 3, 8, 8], "")]), [1, 3, 8, 8], "");
    const other = g.build();
    expect(() => rewriteDecoder(other)).toThrow(UnknownGraphError);
    expect(() => rewriteDecoder(other)).toThrow(/looked for the input point_coords/);
    expect(() => rewriteDecoder(new TextEncoder().encode("not a model"))).toThrow(UnknownGraphError);
    expect(await optimiseDecoder(other)).toMatchObject({
      kind: "stock",
      reason: expect.stringContaining("point_coords"),
    });
  });

  it("refuses a decoder with a part missing", () => {
    const without = changed(stock, ({ graph }) => {
      graph!.node = graph!.node.filter(({ opType }) => opType !== "Erf");
    });
    expect(() => rewriteDecoder(without)).toThrow(/looked for GELU/);
  });
});

function changed(bytes: Uint8Array, change: (model: ModelProto) => void): Uint8Array {
  const copy = fromBinary(ModelProtoSchema, bytes);
  change(copy);
  return toBinary(ModelProtoSchema, copy);
}

function same(a: RewrittenDecoder, b: RewrittenDecoder): boolean {
  return (["prefix", "step", "stepWithMask"] as const).every((part) => Buffer.compare(a[part], b[part]) === 0);
}

/** Takes every name away, the inputs' too, and turns the order of the constants round. */
function rename({ graph }: ModelProto): void {
  const names = new Map<string, string>([["", ""]]);
  const other = (name: string): string => {
    if (!names.has(name)) names.set(name, `v${(names.size * 7919) % 10007}`);
    return names.get(name)!;
  };
  for (const node of graph!.node) {
    node.name = "";
    node.input = node.input.map(other);
    node.output = node.output.map(other);
  }
  for (const value of [...graph!.initializer, ...graph!.input, ...graph!.output]) value.name = other(value.name);
  graph!.initializer.reverse();
}

/** `LayerNormalization` as exports before opset 17 have it. */
function spellOutNorms({ graph }: ModelProto): void {
  graph!.node = graph!.node.flatMap((node) => {
    if (node.opType !== "LayerNormalization") return [node];
    const [x, weight, bias] = node.input as [string, string, string];
    const output = node.output[0]!;
    const at = (part: string): string => `${output}/${part}`;
    const op = (opType: string, input: string[], to: string): NodeProto =>
      create(NodeProtoSchema, { opType, input, output: [to] });
    const epsilon = new Uint8Array(Float32Array.of(node.attribute.find(({ name }) => name === "epsilon")!.f).buffer);
    graph!.initializer.push({ ...graph!.initializer[0]!, name: at("epsilon"), dims: [], rawData: epsilon });
    return [
      op("ReduceMean", [x], at("mean")),
      op("Sub", [x, at("mean")], at("centred")),
      op("Mul", [at("centred"), at("centred")], at("squared")),
      op("ReduceMean", [at("squared")], at("variance")),
      op("Add", [at("variance"), at("epsilon")], at("shifted")),
      op("Sqrt", [at("shifted")], at("root")),
      op("Div", [at("centred"), at("root")], at("normalised")),
      op("Mul", [at("normalised"), weight], at("scaled")),
      op("Add", [at("scaled"), bias], output),
    ];
  });
}
