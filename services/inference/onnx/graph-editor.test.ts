import { fromBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { type ModelProto, ModelProtoSchema } from "../../../proto/onnx.js";
import { GraphBuilder } from "./graph-builder.js";
import { GraphEditor } from "./graph-editor.js";

/** y = relu(abs(x) + 1) */
function small(): ModelProto {
  const g = new GraphBuilder("small");
  const x = g.input("x", [1, 4], "");
  g.output("y", g.node("Relu", [g.add(g.node("Abs", [x]), g.scalar(1))]), [1, 4], "");
  return fromBinary(ModelProtoSchema, g.build());
}

const lines = ({ graph }: ModelProto) =>
  graph!.node.map(({ opType, input, output }) => `${output} = ${opType}(${input})`);

it("changes what reads a value, drops what nothing reads any more, and leaves the graph as it is", () => {
  const model = small();
  const editor = new GraphEditor(model, "new");
  editor.replace("Abs_0", editor.write.node("Neg", ["x"]));
  const changed = editor.result();
  expect(lines(changed)).toEqual(["new/Neg_0 = Neg(x)", "Add_1 = Add(new/Neg_0,scalar[1])", "y = Relu(Add_1)"]);
  expect(lines(model)).toEqual(["Abs_0 = Abs(x)", "Add_1 = Add(Abs_0,scalar[1])", "y = Relu(Add_1)"]);
});

it("rewires one input, and brings constants that are there already once", () => {
  const model = small();
  const editor = new GraphEditor(model, "new");
  editor.rewire(model.graph!.node[1]!, 0, editor.write.multiply("x", editor.write.scalar(1)));
  const changed = editor.result();
  expect(lines(changed)).toEqual([
    "new/Mul_0 = Mul(x,scalar[1])",
    "Add_1 = Add(new/Mul_0,scalar[1])",
    "y = Relu(Add_1)",
  ]);
  expect(changed.graph!.initializer.map(({ name }) => name)).toEqual(["scalar[1]"]);
});

it("keeps the name of an output that is made in another way", () => {
  const editor = new GraphEditor(small(), "new");
  editor.replace("y", editor.write.node("Sigmoid", ["y"]));
  expect(() => editor.result()).toThrow();
  const other = new GraphEditor(small(), "new");
  other.replace("y", other.write.node("Sigmoid", ["Add_1"]));
  expect(lines(other.result()).at(-1)).toBe("y = Sigmoid(Add_1)");
});

it("frees dimensions of inputs and outputs", () => {
  const editor = new GraphEditor(small(), "new");
  editor.free("x", { 1: "length" });
  const dims = (model: ModelProto) => {
    const type = model.graph!.input[0]!.type!.value;
    return type.case === "tensorType" ? type.value.shape!.dim.map(({ value }) => value.value) : undefined;
  };
  expect(dims(editor.result())).toEqual([1n, "length"]);
});

it("names the operators of the runtime's own where there are some", () => {
  const domains = ({ opsetImport }: ModelProto) => opsetImport.map(({ domain }) => domain);
  const editor = new GraphEditor(small(), "new");
  editor.replace("Abs_0", editor.write.node("Gelu", ["x"], {}, "com.microsoft"));
  const once = editor.result();
  expect(domains(once)).toEqual(["", "com.microsoft"]);
  expect(domains(new GraphEditor(once, "again").result())).toEqual(["", "com.microsoft"]);
});

it("describes values that are still there", () => {
  const editor = new GraphEditor(small(), "new");
  editor.describe("Add_1", [1, "length"]);
  editor.describe("gone", [1]);
  expect(editor.result().graph!.valueInfo.map(({ name }) => name)).toEqual(["Add_1"]);
});
