import { readFile } from "node:fs/promises";
import { toBinary } from "@bufbuild/protobuf";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { beforeAll, describe, expect, it } from "vitest";
import { ModelProtoSchema } from "../../../../proto/onnx.js";
import { Manifest } from "../../../inference/models/manifest.js";
import { verifyModelFile } from "../../../inference/models/model-file.js";
import { GraphBuilder } from "../../../inference/onnx/graph-builder.js";
import { GraphReader } from "../../../inference/onnx/graph-reader.js";
import { UnknownGraphError } from "../../../inference/onnx/unknown-graph-error.js";
import { probe } from "../probe.js";
import { rewriteEncoder } from "../rewrite-encoder.js";
import { windowEncoder } from "../testing/window-encoder.js";
import { exactPasses } from "./exact-passes.js";
import { smallVit, smallVitChannels } from "./testing/small-vit.js";

// Sides of whole windows, of one row or column more or less, smaller than a window, and both ways round.
const sides = [
  [6, 9],
  [7, 8],
  [2, 5],
  [5, 1],
  [3, 3],
] as const;

describe.each(sides)("on a map of %i x %i cells", (rows, columns) => {
  it("each pass gives what was there before it", async () => {
    const map = Float32Array.from({ length: smallVitChannels * rows * columns }, (_, i) => Math.sin(i * i));
    const input = new Tensor("float32", map, [1, smallVitChannels, rows, columns]);
    const stock = smallVit(rows, columns);
    const expected = await run(stock, input);
    let graph = GraphReader.parse(stock);
    for (const pass of exactPasses) {
      graph = new GraphReader(pass.apply(graph, windowEncoder));
      const actual = await run(toBinary(ModelProtoSchema, graph.model), input);
      expect(actual.dims).toEqual(expected.dims);
      expect(difference(actual, expected), pass.name).toBeLessThan(2e-5);
    }
  });
});

it("leaves one operator of each GELU and attention, no list of cells, and no layer normalisation before one", () => {
  let graph = GraphReader.parse(smallVit(7, 9));
  for (const pass of exactPasses) graph = new GraphReader(pass.apply(graph, windowEncoder));
  const counts = new Map<string, number>();
  for (const { opType } of graph.graph.node) counts.set(opType, (counts.get(opType) ?? 0) + 1);
  expect(Object.fromEntries(counts)).toMatchObject({ Gelu: 1, LayerNormalization: 1, Attention: 4, Conv: 6 });
  for (const gone of ["Erf", "Pow", "Softmax", "MatMul"]) expect(counts.has(gone), gone).toBe(false);
});

it.each(exactPasses.map((pass) => [pass.name, pass] as const))("%s says so when there is nothing for it", (_, pass) => {
  const g = new GraphBuilder("plain");
  g.output("output", g.node("Relu", [g.input("input", [1, 3, 8, 8], "")]), [1, 3, 8, 8], "");
  expect(() => pass.apply(GraphReader.parse(g.build()), windowEncoder)).toThrow(UnknownGraphError);
});

describe("on the default model's encoder", () => {
  let plain: InferenceSession;
  let faster: InferenceSession;
  beforeAll(async () => {
    const manifest = Manifest.read();
    const { encoder } = manifest.get(manifest.defaultId);
    const stock = await readFile(await verifyModelFile(encoder, manifest));
    const names = { input: encoder.input, output: encoder.outputs[0]!.name, size: 1024, grid: 64 };
    const made = rewriteEncoder(stock, names, { exact: true });
    expect(made.skipped).toEqual([]);
    [plain, faster] = (await Promise.all(
      [rewriteEncoder(stock, names, { exact: false }).graph, made.graph].map((graph) => InferenceSession.create(graph)),
    )) as [InferenceSession, InferenceSession];
  });

  // Few cells; and whole windows and some more of each stage.
  it.each([
    [16, 128],
    [240, 336],
  ])("gives the same embedding of %i x %i pixels", async (height, width) => {
    const picture = new Tensor("float32", probe({ height, width }), [1, 3, height, width]);
    const [expected, actual] = [await plain.run({ input: picture }), await faster.run({ input: picture })];
    expect(difference(actual.output!, expected.output!)).toBeLessThan(1e-5);
  });
});

async function run(graph: Uint8Array, input: Tensor): Promise<Tensor> {
  const session = await InferenceSession.create(graph, { intraOpNumThreads: 1 });
  const { output } = await session.run({ input });
  await session.release();
  return output!;
}

function difference(a: Tensor, b: Tensor): number {
  const [as, bs] = [a.data as Float32Array, b.data as Float32Array];
  return as.reduce((most, value, i) => Math.max(most, Math.abs(value - bs[i]!)), as.length === bs.length ? 0 : NaN);
}
