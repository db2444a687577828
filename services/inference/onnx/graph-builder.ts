import { create, toBinary } from "@bufbuild/protobuf";
import type { AttributeProto, NodeProto, TensorProto, ValueInfoProto } from "../../../proto/onnx.js";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from "../../../proto/onnx.js";

/** A value of the graph under construction, known by its name. */
export type Value = string;

/** A node's attribute; `int` and `float` keep apart what JavaScript does not. */
type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly ints: readonly number[] };

/** A dimension: a size, or a name for one that is known only when the graph runs. */
export type Dimension = number | string;

/** Whose an operator is: ONNX's own, or of those that ONNX Runtime alone has. */
type Domain = "" | "com.microsoft";

/** Opset 20 has GELU as one operator; IR version 9 is the one of that opset's time. */
const opset = 20n;
const irVersion = 9n;

const inputTypes = {
  float32: TensorProto_DataType.FLOAT,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
  uint8: TensorProto_DataType.UINT8,
  bool: TensorProto_DataType.BOOL,
} as const;

/** What a builder has made so far. */
interface Made {
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
}

/** Writes one ONNX graph of float32 values, node by node, in the order of computation. */
export class GraphBuilder {
  readonly #nodes: NodeProto[] = [];
  readonly #initializers = new Map<string, TensorProto>();
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #renamed = new Map<string, string>();
  readonly #scopes: string[];

  /** @param scopes names before those of all nodes and constants, as of `within`. */
  constructor(
    readonly name: string,
    scopes: readonly string[] = [],
  ) {
    this.#scopes = [...scopes];
  }

  /** Puts `name` before the names of the nodes and constants that `build` makes, for whoever reads a profile. */
  within<T>(name: string, build: () => T): T {
    this.#scopes.push(name);
    try {
      return build();
    } finally {
      this.#scopes.pop();
    }
  }

  input(name: string, dims: readonly Dimension[], describe: string, type: keyof typeof inputTypes = "float32"): Value {
    this.#inputs.push(valueInfo(name, dims, describe, inputTypes[type]));
    return name;
  }

  /** Makes a value an output. It takes the output's name, so nothing is copied. */
  output(
    name: string,
    value: Value,
    dims: readonly Dimension[],
    describe: string,
    type: keyof typeof inputTypes = "float32",
  ): void {
    this.#renamed.set(value, name);
    this.#outputs.push(valueInfo(name, dims, describe, inputTypes[type]));
  }

  /** A float32 constant; Float64 values are rounded here and nowhere before. */
  constant(name: string, dims: readonly number[], values: ArrayLike<number>): Value {
    const count = dims.reduce((product, dim) => product * dim, 1);
    if (values.length !== count) throw new RangeError(`${name}: ${values.length} values are not [${dims}]`);
    const full = this.#path(name);
    if (this.#initializers.has(full)) throw new RangeError(`two constants are called ${full}`);
    this.#initializers.set(full, tensor(full, TensorProto_DataType.FLOAT, dims, Float32Array.from(values)));
    return full;
  }

  /** An int64 constant, shared by all who want the same numbers. */
  integers(values: readonly number[]): Value {
    const name = `integers[${values}]`;
    if (!this.#initializers.has(name)) {
      const data = BigInt64Array.from(values, BigInt);
      this.#initializers.set(name, tensor(name, TensorProto_DataType.INT64, [values.length], data));
    }
    return name;
  }

  /** One float32 number, shared by all who want the same. */
  scalar(value: number): Value {
    const name = `scalar[${value}]`;
    if (!this.#initializers.has(name)) {
      this.#initializers.set(name, tensor(name, TensorProto_DataType.FLOAT, [], Float32Array.of(value)));
    }
    return name;
  }

  /** Any operator with one result; in `inputs` an empty name leaves an optional one out. */
  node(
    opType: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: Domain = "",
  ): Value {
    const name = this.#path(`${opType}_${this.#nodes.length}`);
    const attribute = Object.entries(attributes).map(([key, value]) => attributeProto(key, value));
    this.#nodes.push(create(NodeProtoSchema, { name, opType, domain, input: [...inputs], output: [name], attribute }));
    return name;
  }

  /** What a node of another graph does, on other inputs. */
  again({ opType, domain, attribute }: NodeProto, inputs: readonly Value[]): Value {
    const name = this.#path(`${opType}_${this.#nodes.length}`);
    this.#nodes.push(create(NodeProtoSchema, { name, opType, domain, input: [...inputs], output: [name], attribute }));
    return name;
  }

  add(a: Value, b: Value): Value {
    return this.node("Add", [a, b]);
  }

  subtract(a: Value, b: Value): Value {
    return this.node("Sub", [a, b]);
  }

  multiply(a: Value, b: Value): Value {
    return this.node("Mul", [a, b]);
  }

  matmul(a: Value, b: Value): Value {
    return this.node("MatMul", [a, b]);
  }

  /** In `dims` a 0 keeps the dimension at its place, one -1 takes what is left. */
  reshape(value: Value, dims: readonly number[]): Value {
    return this.node("Reshape", [value, this.integers(dims)]);
  }

  transpose(value: Value, perm: readonly number[]): Value {
    return this.node("Transpose", [value], { perm: { ints: perm } });
  }

  concat(values: readonly Value[], axis: number): Value {
    return this.node("Concat", values, { axis: { int: axis } });
  }

  /** Parts of these sizes of one axis, one after another. */
  split(value: Value, axis: number, sizes: readonly number[]): Value[] {
    const name = this.#path(`Split_${this.#nodes.length}`);
    const output = sizes.map((_, i) => `${name}/${i}`);
    const input = [value, this.integers(sizes)];
    const attribute = [attributeProto("axis", { int: axis })];
    this.#nodes.push(create(NodeProtoSchema, { name, opType: "Split", input, output, attribute }));
    return output;
  }

  /** Elements `from` up to `to` of one axis. */
  slice(value: Value, axis: number, from: number, to: number): Value {
    return this.node("Slice", [value, this.integers([from]), this.integers([to]), this.integers([axis])]);
  }

  /** For whoever puts it into a graph of their own. */
  get made(): Made {
    return { nodes: this.#nodes, initializers: [...this.#initializers.values()] };
  }

  /** The graph as an ONNX file. */
  build(): Uint8Array {
    const rename = (value: string): string => this.#renamed.get(value) ?? value;
    for (const node of this.#nodes) {
      node.input = node.input.map(rename);
      node.output = node.output.map(rename);
    }
    const model = create(ModelProtoSchema, {
      irVersion,
      producerName: "maskwire",
      opsetImport: [{ domain: "", version: opset }],
      graph: {
        name: this.name,
        node: this.#nodes,
        initializer: [...this.#initializers.values()],
        input: this.#inputs,
        output: this.#outputs,
      },
    });
    return toBinary(ModelProtoSchema, model);
  }

  #path(name: string): string {
    return [...this.#scopes, name].join("/");
  }
}

/** What is known of a value. */
export function valueInfo(
  name: string,
  dims: readonly Dimension[],
  docString: string,
  elemType = TensorProto_DataType.FLOAT,
): ValueInfoProto {
  const dim = dims.map((size) => ({
    value:
      typeof size === "number"
        ? { case: "dimValue" as const, value: BigInt(size) }
        : { case: "dimParam" as const, value: size },
  }));
  const value = { case: "tensorType" as const, value: { elemType, shape: { dim } } };
  return create(ValueInfoProtoSchema, { name, docString, type: { value } });
}

function tensor(
  name: string,
  dataType: TensorProto_DataType,
  dims: readonly number[],
  data: Float32Array | BigInt64Array,
): TensorProto {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return create(TensorProtoSchema, { name, dataType, dims: dims.map(BigInt), rawData });
}

function attributeProto(name: string, value: Attribute): AttributeProto {
  const type = AttributeProto_AttributeType;
  if ("int" in value) return create(AttributeProtoSchema, { name, type: type.INT, i: BigInt(value.int) });
  if ("float" in value) return create(AttributeProtoSchema, { name, type: type.FLOAT, f: value.float });
  if ("text" in value) return create(AttributeProtoSchema, { name, type: type.STRING, s: Buffer.from(value.text) });
  return create(AttributeProtoSchema, { name, type: type.INTS, ints: value.ints.map(BigInt) });
}
