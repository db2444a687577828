import type { GraphBuilder } from "../../onnx/graph-builder.js";
import { channelsFirst, type Known, type Live, live, plain, type Tensor } from "../tensors.js";
import { type Inputs, likeKnown, type Operator, only } from "./operator.js";

/** Operators on each number by itself. */
export const arithmeticOperators: Record<string, Operator> = {
  Add: binary("Add", (a, b) => a + b),
  AddV2: binary("Add", (a, b) => a + b),
  BiasAdd: binary("Add", (a, b) => a + b),
  Sub: binary("Sub", (a, b) => a - b),
  Mul: binary("Mul", (a, b) => a * b),
  RealDiv: binary("Div", (a, b) => a / b),
  AddN: (g, inputs) => only(inputs.all.reduce((sum, next) => add(g, sum, next))),
  Relu: unary((g, value) => g.node("Relu", [value])),
  Relu6: unary((g, value) => g.node("Clip", [value, g.scalar(0), g.scalar(6)])),
  Sigmoid: unary((g, value) => g.node("Sigmoid", [value])),
  LeakyRelu: (g, inputs, { attributes }) =>
    unary((_, value) => g.node("LeakyRelu", [value], { alpha: { float: attributes.float("alpha", 0.2) } }))(g, inputs),
};

type Unary = (g: GraphBuilder, inputs: Inputs) => Tensor[];

function unary(write: (g: GraphBuilder, value: string) => string): Unary {
  return (g, inputs) => {
    const input = inputs.live(g, 0);
    return only({ ...input, value: write(g, input.value) });
  };
}

function binary(opType: string, reckon: (a: number, b: number) => number): Operator {
  return (g, inputs, { name }) => {
    const [a, b] = [inputs.at(0), inputs.at(1)];
    if (a.kind === "known" && b.kind === "known") return only(folded(inputs, a, b, reckon));
    return only(combine(g, opType, name, a, b));
  };
}

const add = (g: GraphBuilder, a: Tensor, b: Tensor) => combine(g, "Add", "", a, b);

function combine(g: GraphBuilder, opType: string, name: string, a: Tensor, b: Tensor): Live {
  const dims = broadcast(a.dims, b.dims);
  const isFirst = [a, b].some((one) => one.kind === "live" && one.isChannelsFirst);
  const operand = (one: Tensor, side: string) => {
    if (one.kind === "live") {
      // What has other axes is not turned.
      if (isFirst && one.dims.length === 4) return channelsFirst(g, one);
      return plain(g, one);
    }
    if (one.data.length === 1) return g.scalar(one.data[0] ?? 0);
    if (!isFirst) return g.constant(`${name}/${side}`, one.dims, one.data);
    const [height = 1, width = 1, channels = 1] = [1, 1, 1, ...one.dims].slice(-3);
    return g.constant(`${name}/${side}`, [channels, height, width], turned(one, height * width, channels));
  };
  return live(g.node(opType, [operand(a, "a"), operand(b, "b")]), dims, isFirst);
}

/** [places, channels] -> [channels, places] */
function turned({ data }: Known, places: number, channels: number): Float32Array {
  return Float32Array.from(data, (_, at) => data[(at % places) * channels + Math.floor(at / places)] ?? 0);
}

function folded(inputs: Inputs, a: Known, b: Known, reckon: (a: number, b: number) => number): Known {
  const [long, short] = a.data.length >= b.data.length ? [a, b] : [b, a];
  if (long.data.length !== short.data.length && short.data.length !== 1) throw inputs.refusal("spreads a constant");
  const of = ({ data }: Known, at: number) => data[data.length === 1 ? 0 : at] ?? 0;
  return likeKnown(
    a,
    broadcast(a.dims, b.dims),
    Array.from(long.data, (_, at) => reckon(of(a, at), of(b, at))),
  );
}

function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const sizeOf = (dims: readonly number[], axis: number) => dims[axis - rank + dims.length] ?? 1;
  return Array.from({ length: rank }, (_, axis) => Math.max(sizeOf(a, axis), sizeOf(b, axis)));
}
