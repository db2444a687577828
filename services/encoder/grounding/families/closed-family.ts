import type { FloatTensors } from "../../../sam/decode/graph-runner.js";
import type { Pixels } from "../../images/open-picture.js";
import type { Detection } from "../detection.js";
import { type DetectorFamily, floatsOf } from "./family.js";

/** Runs a detector's graph on the one input that it has. @throws whatever ONNX Runtime throws. */
type RunGraph = (data: Float32Array, dims: readonly number[]) => Promise<FloatTensors>;

/** Detectors that find what they were trained for, all of it at once, with one graph. @throws Error when it is of another family. */
type Detect = (pixels: Pixels, run: RunGraph) => Promise<Detection[]>;

export function closedFamily(
  family: Omit<DetectorFamily, "open"> & { readonly detect: Detect },
): DetectorFamily & { readonly detect: Detect } {
  return {
    ...family,
    async open(files) {
      const { inputs, run } = await files.graph("graph");
      const [input = "", ...more] = inputs;
      if (more.length > 0) throw new Error("the graph has more inputs than a picture");
      return (pixels) =>
        family.detect(pixels, async (data, dims) => floatsOf(await run({ [input]: { type: "float32", data, dims } })));
    },
  };
}
