import type { ModelSpec } from "../../inference/models/manifest.js";
import { imageTensor } from "../../inference/models/model-tensors.js";
import { cellSide, type Sides } from "../images/encoded-frame.js";
import { checkValues, type GivenTensor } from "./check-values.js";

/** Dimensions of the input for so much of the frame. */
export const inputDims = ({ layout }: Pick<ModelSpec["encoder"], "layout">, { height, width }: Sides): number[] =>
  layout === "planes" ? [1, 3, height, width] : [height, width, 3];

export const countOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

/**
 * The embedding's tensors as the manifest has them, of what a run has given.
 * @param given a result by its name; undefined for one that is not there.
 * @param ofFrame so much of the frame was encoded; undefined where the results are always those of the whole one.
 * @throws BadEmbeddingError for values that no picture gives; Error for other results than the manifest says.
 */
export function embeddingOf(
  model: Pick<ModelSpec, "encoder" | "preprocess">,
  given: (name: string) => GivenTensor | undefined,
  ofFrame: Sides | undefined,
): Float32Array[] {
  const { index } = imageTensor(model);
  const cell = cellSide(model);
  return model.encoder.outputs.map(({ name, dims, kept }, at) => {
    const isOfFrame = ofFrame !== undefined && at === index;
    const expected = isOfFrame ? [...dims.slice(0, 2), ofFrame.height / cell, ofFrame.width / cell] : dims;
    const values = checkValues(given(name), name, expected);
    return kept ? values.subarray(0, countOf(kept)) : values;
  });
}
