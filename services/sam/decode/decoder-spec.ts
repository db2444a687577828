import type { TokenRules } from "../prompts/prompt-tokens.js";
import type { GraphName, NumberType } from "./graph-runner.js";

/** An input that takes one of an embedding's tensors. */
interface EmbeddingInput {
  readonly name: string;
  /** Of one that takes more than is kept of the tensor: all of its dimensions. What is kept comes first, the rest is zero. */
  readonly dims?: readonly number[];
}

/** An input that takes the same numbers in every run. */
interface ConstantInput {
  readonly name: string;
  readonly type: NumberType;
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

/** What a decoder's graphs take and give: all that one kind of exports differs in from another. */
export interface DecoderInterface {
  /** Side of the square grid of mask logits, which covers the model's whole frame. */
  readonly maskGrid: number;
  /** Those that take the embedding's tensors, in the order of its record. */
  readonly embedding: readonly EmbeddingInput[];
  /** What a prompt's points and box become. */
  readonly tokens: TokenRules;
  readonly inputs: {
    /** float32 [..., tokens, 2]: x, y. */
    readonly points: string;
    /** [..., tokens]: 1 on the object, 0 beside it, 2 and 3 a box's corners, -1 the pad. */
    readonly labels: string;
    /** float32 [1, boxes, 4]: left, top, right, bottom; of one box or none. */
    readonly boxes?: string;
    /** float32 [1, 1, maskGrid, maskGrid]: logits to start from. Left out where it cannot. */
    readonly mask?: string;
    /** float32 [1]: 1 where there is a mask to start from. A graph that has it takes a mask of zeros where there is none. */
    readonly hasMask?: string;
  };
  readonly constants?: readonly ConstantInput[];
  readonly outputs: {
    /** float32 [..., masks, maskGrid, maskGrid]. */
    readonly logits: string;
    /** float32 [..., masks]: the model's own estimate of each mask's IoU. */
    readonly scores: string;
    /** Place of the mask that answers several prompts; the others are candidates of an ambiguous one. Left out: all are. */
    readonly single?: number;
  };
}

/** The same with the graphs that there are. */
export interface DecoderSpec extends DecoderInterface {
  /** Run once a picture; where there is none the embedding itself goes into every run. */
  readonly prefix?: GraphName;
  /** Run once a prompt. */
  readonly step: GraphName;
  /** Run once a prompt that starts from a mask. */
  readonly stepWithMask?: GraphName;
}

/** A decoder in two halves, by the names that `DescribeGraphs` promises. @param side of the model's frame. */
export function splitDecoder(maskGrid: number, side: number): DecoderSpec {
  return {
    maskGrid,
    embedding: [{ name: "image_embeddings" }],
    tokens: { side, pad: "caller", box: "corners", axes: 1, labels: "float32" },
    prefix: "prefix",
    step: "step",
    stepWithMask: "stepWithMask",
    inputs: { points: "point_coords", labels: "point_labels", mask: "mask_input" },
    outputs: { logits: "low_res_masks", scores: "iou_predictions", single: 0 },
  };
}

/** An export as it is: all of it is run once a prompt. */
export function exportedDecoder(decoder: DecoderInterface): DecoderSpec {
  const { maskGrid, embedding, tokens, inputs, constants, outputs } = decoder;
  const stock = {
    maskGrid,
    embedding,
    tokens,
    inputs,
    ...(constants ? { constants } : {}),
    outputs,
    step: "stock",
  } as const;
  return inputs.mask === undefined ? stock : { ...stock, stepWithMask: "stock" };
}
