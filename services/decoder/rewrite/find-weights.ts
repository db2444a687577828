import type { NodeProto } from "../../../proto/onnx.js";
import type { GraphReader } from "../../inference/onnx/graph-reader.js";
import { UnknownGraphError } from "../../inference/onnx/unknown-graph-error.js";
import { type Attention, findAttentions } from "./find-attention.js";
import { findInterface, type StockInterface } from "./find-interface.js";
import {
  geluAfter,
  type Linear,
  linearsAfter,
  mlpFrom,
  type Norm,
  normAfter,
  onlyLinearAfter,
  type PatchConvolution,
  patchConvolution,
} from "./find-layers.js";
import { findPrompts, type PromptWeights } from "./find-prompts.js";

/** One layer of the two-way transformer. */
export interface Layer {
  readonly self: Attention;
  readonly norm1: Norm;
  /** Tokens to image: the tokens are the queries. */
  readonly t2i: Attention;
  readonly norm2: Norm;
  /** Two linear layers with ReLU between them. */
  readonly mlp: readonly [Linear, Linear];
  readonly norm3: Norm;
  /** Image to tokens: the image is the queries. */
  readonly i2t: Attention;
  readonly norm4: Norm;
}

/** Everything that a SAM mask decoder is made of. */
export interface DecoderWeights {
  readonly stock: StockInterface;
  readonly prompts: PromptWeights;
  readonly layers: readonly [Layer, Layer];
  /** The last attention, tokens to image, and the normalisation after it. */
  readonly final: Attention;
  readonly normFinal: Norm;
  readonly upscaling: { readonly first: PatchConvolution; readonly norm: Norm; readonly second: PatchConvolution };
  /** One MLP of three layers a mask, in the order of the masks. */
  readonly hypernetworks: readonly (readonly Linear[])[];
  readonly iouHead: readonly Linear[];
  /** The names of the stock graph's values that hold every candidate mask's logits and score. */
  readonly candidates: { readonly masks: string; readonly scores: string };
}

/**
 * Finds all weights of a SAM decoder export. Throws UnknownGraphError, saying what was looked for, when a part is missing
 * or is not where it should be.
 */
export function findWeights(reader: GraphReader): DecoderWeights {
  const stock = findInterface(reader);
  const prompts = findPrompts(reader, stock);
  const { layers, final } = findAttentions(reader, stock.pointCoords);
  const [first, second] = layers.map((attentions, index) => findLayer(reader, attentions, index));
  if (first === undefined || second === undefined) throw new UnknownGraphError("two layers", `${layers.length}`);
  const normFinal = residualNorm(reader, final, "after the final attention");
  const heads = findHeads(reader, normFinal, prompts.outputTokens.rows - 1);
  const upscaling = findUpscaling(reader, second.norm4, heads.hypernetworks[0]?.at(-1)?.weight.cols ?? 0);
  return { stock, prompts, layers: [first, second], final, normFinal, upscaling, ...heads };
}

function findLayer(reader: GraphReader, attentions: Pick<Layer, "self" | "t2i" | "i2t">, index: number): Layer {
  const { self, t2i, i2t } = attentions;
  const norm1 = normAfter(reader, self.out.output, `after the self-attention of layer ${index}`);
  if (norm1.residual !== index > 0) {
    throw new UnknownGraphError("a residual around the self-attention of the second layer only", `another in ${index}`);
  }
  const norm2 = residualNorm(reader, t2i, `after the tokens' cross attention of layer ${index}`);
  const lin1 = onlyLinearAfter(reader, norm2.output, `the MLP of layer ${index}`);
  const [, lin2, ...more] = mlpFrom(reader, lin1);
  if (lin2 === undefined || more.length > 0) throw new UnknownGraphError(`an MLP of two layers in ${index}`, "another");
  const norm3 = normAfter(reader, lin2.output, `after the MLP of layer ${index}`);
  const norm4 = residualNorm(reader, i2t, `after the image's cross attention of layer ${index}`);
  return { self, norm1, t2i, norm2, mlp: [lin1, lin2], norm3, i2t, norm4 };
}

function residualNorm(reader: GraphReader, attention: Attention, what: string): Norm {
  const norm = normAfter(reader, attention.out.output, what);
  if (!norm.residual) throw new UnknownGraphError(`a residual ${what}`, "none");
  return norm;
}

type Heads = Pick<DecoderWeights, "hypernetworks" | "iouHead" | "candidates">;

/** The MLPs that read single tokens: those whose results are concatenated make masks, in that order. */
function findHeads(reader: GraphReader, norm: Norm, masks: number): Heads {
  const mlps = tokensAfter(reader, norm.output)
    .flatMap((value) => linearsAfter(reader, value))
    .map((linear) => mlpFrom(reader, linear))
    .filter((mlp, index, all) => all.findIndex((other) => other[0]!.output === mlp[0]!.output) === index);
  const shapes = mlps.map((mlp) => mlp.map(({ weight }) => weight.cols).join("-")).join(", ");
  const concatenations = reader.graph.node.filter(
    (node) =>
      node.opType === "Concat" &&
      node.input.length === masks &&
      node.input.every((input) => mlps.some((mlp) => mlp.at(-1)!.output === reader.beforeShaping(input))),
  );
  const [concat, another] = concatenations;
  if (concat === undefined || another !== undefined || mlps.length !== masks + 1) {
    throw new UnknownGraphError(`${masks} MLPs whose results are concatenated, and one for scores`, shapes || "none");
  }
  const ends = concat.input.map((input) => reader.beforeShaping(input));
  const hypernetworks = ends.map((end) => mlps.find((mlp) => mlp.at(-1)!.output === end)!);
  const iouHead = mlps.find((mlp) => !ends.includes(mlp.at(-1)!.output));
  if (iouHead?.at(-1)?.weight.cols !== masks || mlps.some((mlp) => mlp.length !== 3)) {
    throw new UnknownGraphError(`MLPs of three layers, one of them with ${masks} results`, shapes);
  }
  const product = reader
    .afterShaping(concat.output[0]!)
    .flatMap((value) => reader.consumers(value))
    .find((node) => node.opType === "MatMul");
  if (product === undefined) throw new UnknownGraphError("the product of hypernetworks and image", "none");
  return { hypernetworks, iouHead, candidates: { masks: product.output[0]!, scores: iouHead.at(-1)!.output } };
}

/** A value and what `Gather`, `Slice` and `Split` take out of it. */
function tokensAfter(reader: GraphReader, value: string): string[] {
  const found: string[] = [];
  for (const shaped of reader.afterShaping(value)) {
    found.push(shaped);
    for (const node of reader.consumers(shaped)) {
      const takes = ["Gather", "Slice", "Split"].includes(node.opType) && reader.source(node.input[0]!) === shaped;
      if (takes) found.push(...node.output.flatMap((output) => tokensAfter(reader, output)));
    }
  }
  return found;
}

function findUpscaling(reader: GraphReader, image: Norm, width: number): DecoderWeights["upscaling"] {
  const nodes: NodeProto[] = reader.graph.node.filter((node) => node.opType === "ConvTranspose");
  const [first, second] = nodes
    .sort((a, b) => Number(reader.ancestors(a).has(b)) - Number(reader.ancestors(b).has(a)))
    .map((node) => patchConvolution(reader, node));
  if (first === undefined || second === undefined || nodes.length !== 2) {
    throw new UnknownGraphError("two transposed convolutions", `${nodes.length}`);
  }
  const norm = normAfter(reader, first.output, "after the first transposed convolution");
  const gelu = geluAfter(reader, norm.output, "after the first transposed convolution's normalisation");
  geluAfter(reader, second.output, "after the second transposed convolution");
  const fromImage = reader.beforeShaping(first.input) === image.output;
  const kernels = `${first.dims[2]},${second.dims[2]}`;
  if (!fromImage || gelu !== second.input || kernels !== "2,2" || second.dims[1] !== width) {
    throw new UnknownGraphError(`2x2 transposed convolutions of the image to ${width} channels`, `kernels ${kernels}`);
  }
  return { first, norm, second };
}
