import { type MaskRuns, rleIou } from "../../proto/rle.js";
import type { LoadedDecoder } from "../../services/decoder/graphs/load-decoder-graph.js";
import { noLimits, openPicture, type Pixels } from "../../services/encoder/images/open-picture.js";
import { fitPixels, modelInput } from "../../services/encoder/images/preprocess.js";
import { BadEmbeddingError } from "../../services/encoder/worker/check-values.js";
import type { LoadedEncoder } from "../../services/encoder/worker/load-encoder.js";
import type { ModelSpec } from "../../services/inference/families/model-spec.js";
import { embeddingTensors, modelFrame } from "../../services/inference/models/model-tensors.js";
import { decodePrompt } from "../../services/sam/decode/decode-prompt.js";
import { LatestPreview } from "../../services/sam/masks/latest-preview.js";
import { traceMask } from "../../services/sam/masks/trace-mask.js";
import type { KnownObject } from "./known-scene.js";
import type { PictureForm } from "./picture-form.js";

/** A picture's file, its size upright, and what is in it. */
interface Scene {
  readonly file: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly objects: readonly KnownObject[];
}

/** A model from files to masks as it is served, but for the form in which the encoder gets its pictures. */
export class SceneMasks {
  readonly #model: ModelSpec;
  readonly #encoder: LoadedEncoder;
  readonly #decoder: LoadedDecoder;
  readonly #memory: Float32Array;
  /** Milliseconds. */
  readonly times = { encode: [] as number[], decode: [] as number[] };
  /** Why there was no embedding, the first time. */
  fault: string | undefined;

  constructor(model: ModelSpec, encoder: LoadedEncoder, decoder: LoadedDecoder) {
    this.#model = model;
    this.#encoder = encoder;
    this.#decoder = decoder;
    this.#memory = new Float32Array(3 * model.preprocess.size ** 2);
  }

  /** IoU of the best mask that a click on each object gave; NaN of all where the encoder gives no embedding. */
  async iousOf({ file, width, height, objects }: Scene, form: PictureForm): Promise<Record<string, number>> {
    const model = { ...this.#model, preprocess: { ...this.#model.preprocess, ...form.preprocess } };
    const fitted = await fitPixels(await openPicture(file, noLimits), model.preprocess);
    const embedding = await this.#encode(form.swapped ? swapped(fitted) : fitted, model);
    if (!embedding) return Object.fromEntries(objects.map(({ name }) => [name, Number.NaN]));
    const kept = await this.#decoder.wide.prepare(embedding);
    const frame = modelFrame(model, { width, height });
    const ious: Record<string, number> = {};
    for (const { name, click, mask } of objects) {
      const clickedAt = performance.now();
      const prompt = { points: [{ ...click, label: 1 as const }] };
      const asked = { multimask: true, preview: false };
      const { masks } = await decodePrompt(
        this.#decoder.wide,
        { frame, kept, latest: new LatestPreview() },
        prompt,
        asked,
      );
      this.times.decode.push(performance.now() - clickedAt);
      // Which of an ambiguous click's candidates is meant, nobody can know of a drawing.
      const candidates = masks.map(({ logits }): MaskRuns => traceMask(logits, frame));
      ious[name] = Math.max(...candidates.map((one) => rleIou(one, mask)));
    }
    return ious;
  }

  async #encode(pixels: Pixels, model: ModelSpec) {
    const sides = this.#encoder.frameOf(pixels);
    const input = modelInput(pixels, model, sides, this.#memory);
    const startedAt = performance.now();
    try {
      const tensors = this.#encoder.whole(await this.#encoder.run(input, sides), sides);
      this.times.encode.push(performance.now() - startedAt);
      return tensors.map((data, at) => ({ data, dims: embeddingTensors(model)[at]!.dims }));
    } catch (error) {
      if (!(error instanceof BadEmbeddingError)) throw error;
      this.fault ??= error.message;
      return undefined;
    }
  }
}

function swapped({ data, channels, ...size }: Pixels): Pixels {
  const bytes = Uint8Array.from(data);
  for (let at = 0; at < bytes.length; at += channels) {
    [bytes[at], bytes[at + 2]] = [bytes[at + 2] as number, bytes[at] as number];
  }
  return { ...size, channels, data: bytes };
}
