import type { GraphName } from "./graph-runner.js";

/** What is told of a decoder's graphs: which there are, and by which names they take and give what. All of it is float32. */
export interface DecoderSpec {
  /** Side of the square grid of mask logits. */
  readonly gridSize: number;
  /** The inputs that take the embedding's tensors, in the order of its record. */
  readonly embedding: readonly string[];
  /** Run once a picture; where there is none the embedding itself goes into every run. */
  readonly prefix?: GraphName;
  /** Run once a prompt. */
  readonly step: GraphName;
  /** Run once a prompt that starts from a mask. */
  readonly stepWithMask: GraphName;
  readonly inputs: {
    /** [1, tokens, 2]: x, y in model pixels. */
    readonly points: string;
    /** [1, tokens]. */
    readonly labels: string;
    /** [1, 1, gridSize, gridSize]: logits to start from. */
    readonly mask: string;
    /** [1]: 1 where there is a mask to start from. A graph that has it takes a mask of zeros where there is none. */
    readonly hasMask?: string;
    /** [2]: the height and width to which the graph resizes its masks. */
    readonly size?: string;
  };
  readonly outputs: {
    /** [1, masks, gridSize, gridSize]. */
    readonly logits: string;
    /** [1, masks]: the model's own estimate of each mask's IoU. */
    readonly scores: string;
  };
}

/** A decoder in two halves, by the names that `DescribeGraphs` promises. */
export function splitDecoder(gridSize: number): DecoderSpec {
  return {
    gridSize,
    embedding: ["image_embeddings"],
    prefix: "prefix",
    step: "step",
    stepWithMask: "stepWithMask",
    inputs: { points: "point_coords", labels: "point_labels", mask: "mask_input" },
    outputs: { logits: "low_res_masks", scores: "iou_predictions" },
  };
}
