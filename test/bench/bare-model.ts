import { InferenceSession, Tensor } from "onnxruntime-node";
import sharp from "sharp";
import { Manifest } from "../../services/inference/models/manifest.js";
import { verifyModelFile } from "../../services/inference/models/model-file.js";
import { pillowResize } from "./pillow-resize.js";

export interface BarePrompt {
  /** Pixels of the upright picture; label 1 on the object, 0 beside it. */
  points: { x: number; y: number; label: 0 | 1 }[];
  box?: { x0: number; y0: number; x1: number; y1: number };
  /** An earlier answer's `logits`. */
  logits?: Tensor;
}

interface BareMask {
  /** 1 inside, 0 outside, row by row, of the picture's size. */
  bitmap: Uint8Array;
  /** float32 [1, 1, 256, 256]. */
  logits: Tensor;
}

export interface BarePicture {
  width: number;
  height: number;
  embedding: Tensor;
}

const modelSize = 1024;
const mean = [123.675, 116.28, 103.53];
const std = [58.395, 57.12, 57.375];

/**
 * The two exports run by themselves, in full float32, with Meta's processing around them: `ResizeLongestSide`,
 * `Sam.preprocess`, and the mask's resize inside the export (`SamOnnxModel.mask_postprocessing`). Shares no code with the
 * service but the manifest's paths.
 */
export class BareModel implements AsyncDisposable {
  readonly #encoder: InferenceSession;
  readonly #decoder: InferenceSession;

  private constructor(encoder: InferenceSession, decoder: InferenceSession) {
    this.#encoder = encoder;
    this.#decoder = decoder;
  }

  static async load(): Promise<BareModel> {
    const manifest = Manifest.read();
    const { encoder, decoder } = manifest.get(manifest.defaultId);
    return new BareModel(
      await InferenceSession.create(await verifyModelFile(encoder, manifest)),
      await InferenceSession.create(await verifyModelFile(decoder, manifest)),
    );
  }

  async encode(bytes: Uint8Array): Promise<BarePicture> {
    const { data, info } = await sharp(bytes)
      .autoOrient()
      .toColourspace("srgb")
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    const [toWidth, toHeight] = frameSize(width, height);
    const resized = pillowResize(data, 3, [width, height], [toWidth, toHeight]);
    const planes = new Float32Array(3 * modelSize * modelSize);
    for (let y = 0; y < toHeight; y++) {
      for (let x = 0; x < toWidth; x++) {
        for (let channel = 0; channel < 3; channel++) {
          const value = resized[3 * (y * toWidth + x) + channel] as number;
          planes[(channel * modelSize + y) * modelSize + x] =
            (value - (mean[channel] as number)) / (std[channel] as number);
        }
      }
    }
    const input = new Tensor("float32", planes, [1, 3, modelSize, modelSize]);
    const { output } = await this.#encoder.run({ input });
    return { width, height, embedding: output as Tensor };
  }

  async decode({ width, height, embedding }: BarePicture, { points, box, logits }: BarePrompt): Promise<BareMask> {
    const [toWidth, toHeight] = frameSize(width, height);
    const tokens: [x: number, y: number, label: number][] = points.map(({ x, y, label }) => [x, y, label]);
    if (box) tokens.push([box.x0, box.y0, 2], [box.x1, box.y1, 3]);
    else tokens.push([0, 0, -1]);
    const coords = tokens.flatMap(([x, y]) => [x * (toWidth / width), y * (toHeight / height)]);
    const float = (values: number[], dims: number[]) => new Tensor("float32", Float32Array.from(values), dims);
    const { masks, low_res_masks } = await this.#decoder.run({
      image_embeddings: embedding,
      point_coords: float(coords, [1, tokens.length, 2]),
      point_labels: float(
        tokens.map(([, , label]) => label),
        [1, tokens.length],
      ),
      mask_input: logits ?? new Tensor("float32", new Float32Array(256 * 256), [1, 1, 256, 256]),
      has_mask_input: float([logits ? 1 : 0], [1]),
      orig_im_size: float([height, width], [2]),
    });
    return {
      bitmap: Uint8Array.from(masks?.data as Float32Array, (logit) => (logit > 0 ? 1 : 0)),
      logits: low_res_masks as Tensor,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#encoder.release();
    await this.#decoder.release();
  }
}

/** `ResizeLongestSide.get_preprocess_shape`. */
export function frameSize(width: number, height: number): [width: number, height: number] {
  const scale = modelSize / Math.max(width, height);
  return [Math.floor(width * scale + 0.5), Math.floor(height * scale + 0.5)];
}
