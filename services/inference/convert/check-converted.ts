import type { FloatTensors } from "../../sam/decode/graph-runner.js";
import { ConvertError } from "./convert-error.js";
import { type Converted, cuts } from "./cuts.js";
import { type Reference, references } from "./references.js";

/** Of sums of thousands of float32 products in another order; a wrong pad or a wrong axis is off by hundreds of times as much. */
const tolerance = 1e-4;

/** float32 [1, channels, height, width], -2 to 2: tiles under a fine pattern, so that an axis or a pad that is wrong shows. */
export function checkingPicture(channels: number, height: number, width: number): Float32Array {
  const planes = new Float32Array(channels * height * width);
  for (let channel = 0; channel < channels; channel++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const fine = ((x * 7 + y * 13 + channel * 101) % 64) / 32 - 1;
        planes[(channel * height + y) * width + x] = fine + (((x >> 5) + (y >> 5) + channel) % 3) - 1;
      }
  return planes;
}

/**
 * Compares what a converted graph gives with what TensorFlow.js gave for the source.
 * @param run runs the graph on a picture of these dims.
 * @throws ConvertError naming the output that differs.
 */
export async function checkConverted(
  detector: Converted,
  run: (data: Float32Array, dims: readonly number[]) => Promise<FloatTensors>,
): Promise<void> {
  const { dims } = cuts[detector].input;
  const [, channels, height, width] = dims;
  const outputs = await run(checkingPicture(channels, height, width), dims);
  for (const [output, reference] of Object.entries(references[detector])) {
    const values = outputs[output]?.data;
    if (!values || !agrees(values, reference)) {
      throw new ConvertError(`${output} of the converted ${detector} is not what TensorFlow.js makes of it`);
    }
  }
}

export function agrees(values: Float32Array, { count, sum, magnitude, samples }: Reference): boolean {
  if (values.length !== count) return false;
  const total = values.reduce((all, one) => all + one, 0);
  if (!(Math.abs(total - sum) <= tolerance * magnitude)) return false;
  return samples.every((sample, at) => {
    const value = values[Math.floor(((at + 0.5) * count) / samples.length)] ?? Number.NaN;
    return Math.abs(value - sample) <= tolerance * Math.max(1, Math.abs(sample));
  });
}
