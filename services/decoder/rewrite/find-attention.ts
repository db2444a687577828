import type { NodeProto } from "../../../proto/onnx.js";
import type { GraphReader } from "../../inference/onnx/graph-reader.js";
import { UnknownGraphError } from "../../inference/onnx/unknown-graph-error.js";
import { type Linear, linearBefore, onlyLinearAfter } from "./find-layers.js";

/** Multi-head attention: softmax(scale * q k^T) v, between four projections. */
export interface Attention {
  readonly q: Linear;
  readonly k: Linear;
  readonly v: Linear;
  readonly out: Linear;
  readonly scale: number;
  readonly heads: number;
}

/** The seven attentions of SAM's two-way transformer; t2i has the tokens as queries, i2t the image. */
interface Attentions {
  readonly layers: readonly { readonly self: Attention; readonly t2i: Attention; readonly i2t: Attention }[];
  readonly final: Attention;
}

/**
 * Finds the attentions by what flows into what: around each `Softmax` the score product and the projections behind its
 * operands, and their order by how many other softmaxes each depends on.
 *
 * @param coords the graph's input of point coordinates
 */
export function findAttentions(reader: GraphReader, coords: string): Attentions {
  const softmaxes = reader.graph.node.filter((node) => node.opType === "Softmax");
  const count = (node: NodeProto): number => softmaxes.filter((other) => reader.ancestors(node).has(other)).length;
  const found = softmaxes
    .map((node) => ({ depth: count(node), attention: attentionAround(reader, node) }))
    .sort((a, b) => a.depth - b.depth);
  // The second self-attention does not depend on the first image-to-token attention, whose queries are the image alone.
  const depths = found.map(({ depth }) => depth).join(",");
  if (depths !== "0,1,2,2,4,5,6") {
    throw new UnknownGraphError("the seven attentions of a two-way transformer, each on top of others", `[${depths}]`);
  }
  const [self0, t2i0, a, b, t2i1, i2t1, final] = found.map(({ attention }) => attention) as SevenAttentions;
  const [i2t0, self1] = reader.dependsOn(a.q.input, coords) ? [b, a] : [a, b];
  const layers = [
    { self: self0, t2i: t2i0, i2t: i2t0 },
    { self: self1, t2i: t2i1, i2t: i2t1 },
  ];
  if (reader.dependsOn(i2t0.q.input, coords) || !reader.dependsOn(self1.q.input, coords)) {
    throw new UnknownGraphError("an attention whose queries are the image alone", "none");
  }
  return { layers, final };
}

type SevenAttentions = [Attention, Attention, Attention, Attention, Attention, Attention, Attention];

function attentionAround(reader: GraphReader, softmax: NodeProto): Attention {
  const what = (part: string): string => `${part} around "${softmax.name}"`;
  const scores = unscaled(reader, softmax.input[0]!);
  const product = reader.producer(scores.value);
  if (product?.opType !== "MatMul") throw new UnknownGraphError(what("a score product"), product?.opType ?? "none");
  const left = unscaled(reader, product.input[0]!);
  const right = unscaled(reader, product.input[1]!);
  const weighted = reader.consumers(softmax.output[0]!).find((node) => node.opType === "MatMul");
  if (weighted === undefined) throw new UnknownGraphError(what("a product with the values"), "none");
  const q = linearBefore(reader, left.value);
  const k = linearBefore(reader, right.value);
  const v = linearBefore(reader, weighted.input[1]!);
  if (q === undefined || k === undefined || v === undefined) {
    throw new UnknownGraphError(what("projections to queries, keys and values"), "something else");
  }
  const out = onlyLinearAfter(reader, weighted.output[0]!, what("the projection"));
  const scale = scores.factor * left.factor * right.factor;
  // Attention divides by the root of a head's width, which tells the heads apart where the weights do not.
  const heads = Math.round(q.weight.cols * scale * scale);
  if (Math.abs(q.weight.cols * scale * scale - heads) > 1e-3 || heads < 1 || q.weight.cols % heads !== 0) {
    throw new UnknownGraphError(what("a scale of one over the root of a head's width"), `${scale}`);
  }
  return { q, k, v, out, scale: Math.sqrt(heads / q.weight.cols), heads };
}

/** Goes up past reshaping and products with one number, and says by what they multiply. */
function unscaled(reader: GraphReader, value: string): { value: string; factor: number } {
  const source = reader.beforeShaping(value);
  const node = reader.producer(source);
  if (node?.opType === "Div") {
    const divisor = reader.scalar(node.input[1]!);
    if (divisor === undefined) return { value: source, factor: 1 };
    const above = unscaled(reader, node.input[0]!);
    return { value: above.value, factor: above.factor / divisor };
  }
  if (node?.opType === "Mul") {
    const [a, b] = node.input.map((name) => reader.scalar(name));
    const factor = a ?? b;
    if (factor === undefined) return { value: source, factor: 1 };
    const above = unscaled(reader, node.input[a === undefined ? 0 : 1]!);
    return { value: above.value, factor: above.factor * factor };
  }
  return { value: source, factor: 1 };
}
