import type { FloatTensors } from "../../../sam/decode/graph-runner.js";
import type { Pixels } from "../../images/open-picture.js";
import type { Detection, RelativeBox } from "../detection.js";

/** What goes into a graph or comes out of it, row by row. ONNX Runtime's tensors are of this form as they are. */
export type GraphTensor = { readonly dims: readonly number[] } & (
  | { readonly type: "float32"; readonly data: Float32Array }
  | { readonly type: "int64"; readonly data: BigInt64Array }
  | { readonly type: "uint8" | "bool"; readonly data: Uint8Array }
);

export type GraphTensors = Readonly<Record<string, GraphTensor>>;

/** Outputs that are all float32. @throws Error when one is not. */
export function floatsOf(outputs: GraphTensors): FloatTensors {
  const other = Object.entries(outputs).find(([, { type }]) => type !== "float32");
  if (other) throw new Error(`the graph's ${other[0]} is ${other[1].type}, not float32`);
  return outputs as FloatTensors;
}

/** A graph of a detector's, loaded. */
export interface DetectorGraph {
  readonly inputs: readonly string[];
  /**
   * @param outputs those that are wanted, all when left out. @throws whatever ONNX Runtime throws.
   */
  run(inputs: GraphTensors, outputs?: readonly string[]): Promise<GraphTensors>;
}

/** A detector's files by their roles in its family; a role that its entry does not name is an Error. */
interface DetectorFiles {
  /** @param changesShape its inputs have other sides from run to run. */
  graph(role: string, changesShape?: boolean): Promise<DetectorGraph>;
  read(role: string): Promise<Uint8Array>;
}

/**
 * All that is found in a picture, each thing once, the best first; of what ranks, its candidates as they come.
 * @param words what an open vocabulary is asked; others find all that they know. @param candidates what ranks is asked about. @throws Error when the graph is of another family.
 */
export type Look = (
  pixels: Pixels,
  words: readonly string[],
  candidates?: readonly RelativeBox[],
) => Promise<Detection[]>;

/** How detectors of a kind are asked, and their answers read. */
export interface DetectorFamily {
  /** Longer side of the picture that it wants to be given, in pixels. */
  readonly pictureSide: number;
  /**
   * Least score of a box that answers words: who asks for dogs knows that there are some, and sees each one's score. On 20 COCO
   * photographs NanoDet has 15 right boxes from 0.15 on and 16 from 0.12 on, SSDLite 13 and, from 0.1 on, 15; both together 18
   * from 0.12 on.
   */
  readonly leastAnswer: number;
  /** A look takes seconds: many runs of its graphs, or one of a large graph. */
  readonly isSlow?: boolean;
  /** Loads it. */
  open(files: DetectorFiles): Promise<Look>;
}

/** Least score of what is kept of a picture; what counts as found for words is decided when they are asked. */
export const leastScore = 0.05;
/** Most that is kept of a picture. */
export const mostDetections = 100;
