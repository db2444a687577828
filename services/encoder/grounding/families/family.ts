import type { FloatTensors } from "../../../sam/decode/graph-runner.js";
import type { Pixels } from "../../images/open-picture.js";
import type { Detection } from "../detection.js";

/** Runs a detector's graph on the one input that it has. @throws whatever ONNX Runtime throws. */
type RunGraph = (data: Float32Array, dims: readonly number[]) => Promise<FloatTensors>;

/** How detectors of a kind are asked, and their answers read. */
export interface DetectorFamily {
  /** Longer side of the picture that it wants to be given, in pixels. */
  readonly pictureSide: number;
  /**
   * Least score of a box that answers words: who asks for dogs knows that there are some, and sees each one's score. On 20 COCO
   * photographs NanoDet finds 14 objects from 0.2 on and 16 from 0.12 on, SSDLite 11 and, from 0.1 on, 13; both together 15
   * from 0.2 on and 17 from 0.12 on.
   */
  readonly leastAnswer: number;
  /** What it knows by which number; undefined where it reads what is written. */
  readonly labels: readonly string[] | undefined;
  /**
   * All that it finds in a picture, each thing once, the best first.
   * @throws Error when the graph is not of this family.
   */
  detect(pixels: Pixels, run: RunGraph): Promise<Detection[]>;
}

/** Least score of what is kept of a picture; what counts as found for words is decided when they are asked. */
export const leastScore = 0.05;
/** Most that is kept of a picture. */
export const mostDetections = 100;
