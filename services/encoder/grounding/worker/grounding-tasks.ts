import type { Pixels } from "../../images/open-picture.js";
import type { Detection, RelativeBox } from "../detection.js";

/** A picture that some detectors look at. */
export interface DetectTask {
  /** Ids of the detectors. */
  detectors: string[];
  /** The picture with a longer side as their families want it. */
  pixels: Pixels;
  /** What those of an open vocabulary are asked. */
  words: string[];
  /** What those that rank are asked about. */
  candidates: RelativeBox[];
}

/** What each has found, in the task's order. */
export type DetectedAll = Detection[][];
