import { type MaskRuns, rleIou } from "../../../proto/rle.js";
import type { LoadedDecoder } from "../../../services/decoder/graphs/load-decoder-graph.js";
import { noLimits, openPicture } from "../../../services/encoder/images/open-picture.js";
import { fitPixels, modelInput } from "../../../services/encoder/images/preprocess.js";
import type { LoadedEncoder } from "../../../services/encoder/worker/load-encoder.js";
import type { ModelSpec } from "../../../services/inference/models/manifest.js";
import { embeddingTensors, modelFrame } from "../../../services/inference/models/model-tensors.js";
import { decodePrompt } from "../../../services/sam/decode/decode-prompt.js";
import { LatestPreview } from "../../../services/sam/masks/latest-preview.js";
import { traceMask } from "../../../services/sam/masks/trace-mask.js";
import type { MeasuredPicture } from "../measured-objects.js";

/** The best mask of a click on each object of a picture, and of its box, as they are served. */
export type Masks = Record<"click" | "box", MaskRuns[]>;

/** @param encoder by the provider that is looked at; the decoder is the same for all. */
export async function servedMasks(
  model: ModelSpec,
  encoder: LoadedEncoder,
  decoder: LoadedDecoder,
  { bytes, width, height, objects }: MeasuredPicture,
): Promise<Masks> {
  const pixels = await fitPixels(await openPicture(bytes, noLimits), model.preprocess);
  const sides = encoder.frameOf(pixels);
  const memory = new Float32Array(3 * model.preprocess.size ** 2);
  const tensors = encoder.whole(await encoder.run(modelInput(pixels, model, sides, memory), sides), sides);
  const embedding = tensors.map((data, at) => ({ data, dims: embeddingTensors(model)[at]!.dims }));
  const kept = await decoder.wide.prepare(embedding);
  const frame = modelFrame(model, { width, height });
  const best = async (prompt: Parameters<typeof decodePrompt>[2], multimask: boolean): Promise<MaskRuns> => {
    const picture = { frame, kept, latest: new LatestPreview() };
    const { masks } = await decodePrompt(decoder.wide, picture, prompt, { multimask, preview: false });
    return traceMask(masks[0]!.logits, frame);
  };
  const masks: Masks = { click: [], box: [] };
  for (const { click, box } of objects) {
    masks.click.push(await best({ points: [{ ...click, label: 1 }] }, true));
    masks.box.push(await best({ points: [], box }, false));
  }
  return masks;
}

export const iousOf = (masks: Masks, others: Masks): Record<keyof Masks, number[]> => ({
  click: masks.click.map((one, at) => rleIou(one, others.click[at]!)),
  box: masks.box.map((one, at) => rleIou(one, others.box[at]!)),
});
