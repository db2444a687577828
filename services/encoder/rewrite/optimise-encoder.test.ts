import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { ModelProtoSchema } from "../../../proto/onnx.js";
import { createSession } from "../../inference/models/create-session.js";
import { GraphBuilder } from "../../inference/onnx/graph-builder.js";
import { optimiseEncoder } from "./optimise-encoder.js";
import { windowEncoder, windowEncoderGraph } from "./testing/window-encoder.js";

const stock = windowEncoderGraph(128, 128);
const load = (graph: Uint8Array) => createSession(graph, { providers: ["cpu"], threads: 1 });

it("proves an encoder of any frame and keeps what an empty frame gives", async () => {
  const made = await optimiseEncoder(stock, windowEncoder, load);
  if (made.kind !== "rewritten") throw new Error(made.reason);
  expect(made.parity).toMatchObject({ passed: true, passes: ["any frame", "maps"] });
  expect(made.parity.skipped).toHaveLength(4);
  expect(made.parity.maxDifference).toBeLessThan(1e-6);
  const { session } = await load(made.graph);
  const { output } = await session.run({
    input: new Tensor("float32", new Float32Array(3 * 128 * 128), [1, 3, 128, 128]),
  });
  expect(made.empty).toEqual(output!.data);
});

describe("serves the stock graph, and says why, for", () => {
  it("a graph without windows", async () => {
    const g = new GraphBuilder("plain");
    g.output("output", g.node("Relu", [g.input("input", [1, 3, 128, 128], "")]), [1, 3, 128, 128], "");
    expect(await optimiseEncoder(g.build(), windowEncoder, load)).toEqual({
      kind: "stock",
      reason: "not a graph that can be rewritten: looked for attention in windows, found none",
    });
  });

  it("one that comes to something else when it is rewritten", async () => {
    // As if the rewriter had damaged a weight: all that is loaded after the stock graph has another.
    let loads = 0;
    const damaging = (graph: Uint8Array) => load(loads++ === 0 ? graph : damaged(graph));
    const made = await optimiseEncoder(stock, windowEncoder, damaging);
    expect(made).toMatchObject({
      kind: "stock",
      reason: expect.stringMatching(/^the rewritten encoder differs: at the whole frame by 0\.0/),
    });
  });

  it("one that sees where in the frame it is", async () => {
    // Windows and a bias for each row and column: found, rewritten, and of no other frame.
    const made = await optimiseEncoder(placed(), windowEncoder, load);
    expect(made).toMatchObject({
      kind: "stock",
      reason: expect.stringMatching(/^the rewritten encoder did not run: /),
    });
  });
});

function damaged(graph: Uint8Array): Uint8Array {
  const model = fromBinary(ModelProtoSchema, graph);
  const weight = model.graph!.initializer.find(({ name }) => name === "first/v")!;
  const values = new Float32Array(new Uint8Array(weight.rawData).buffer).map((value) => 1.1 * value);
  weight.rawData = new Uint8Array(values.buffer);
  return toBinary(ModelProtoSchema, model);
}

/** The window encoder with a value for each of the whole frame's cells added at its end. */
function placed(): Uint8Array {
  const model = fromBinary(ModelProtoSchema, stock);
  const g = new GraphBuilder("places", ["places"]);
  g.constant(
    "values",
    [1, 1, 8, 8],
    Float32Array.from({ length: 64 }, (_, index) => index / 64),
  );
  g.add("before", "places/values");
  const last = model.graph!.node.find(({ output }) => output[0] === "output")!;
  last.output = ["before"];
  const [sum] = g.made.nodes;
  sum!.output = ["output"];
  model.graph!.node.push(sum!);
  model.graph!.initializer.push(...g.made.initializers);
  return toBinary(ModelProtoSchema, model);
}
