import { availableParallelism } from "node:os";
import sharp from "sharp";
import { type MaskRuns, rleIou } from "../../proto/rle.js";
import { decoderFiles } from "../../services/decoder/graphs/decoder-files.js";
import { loadDecoderGraph } from "../../services/decoder/graphs/load-decoder-graph.js";
import { encoderFiles } from "../../services/encoder/graphs/encoder-files.js";
import type { EncoderRuntime } from "../../services/encoder/graphs/encoder-runtime.js";
import { noLimits, openPicture } from "../../services/encoder/images/open-picture.js";
import { fitPixels, modelInput } from "../../services/encoder/images/preprocess.js";
import { loadEncoder } from "../../services/encoder/worker/load-encoder.js";
import type { ModelSpec } from "../../services/inference/families/model-spec.js";
import { embeddingTensors, modelFrame } from "../../services/inference/models/model-tensors.js";
import type { Models } from "../../services/inference/models/models.js";
import { decodePrompt } from "../../services/sam/decode/decode-prompt.js";
import type { Frame } from "../../services/sam/frame.js";
import { LatestPreview } from "../../services/sam/masks/latest-preview.js";
import { traceMask } from "../../services/sam/masks/trace-mask.js";
import { type KnownObject, knownScene } from "./known-scene.js";
import { storedAs } from "./stored-as.js";

/** Of a mask that is the right one. */
export const rightIou = 0.8;
/** Neither a multiple of a cell nor of a grid's. */
const sizes = [
  { width: 641, height: 427 },
  { width: 333, height: 517 },
  { width: 811, height: 809 },
] as const;
const orientations = [1, 2, 3, 4, 5, 6, 7, 8];

/** One picture, and the IoU of the mask that a click on each of its objects gave. */
interface Examined {
  width: number;
  height: number;
  orientation: number;
  resize: ModelSpec["preprocess"]["resize"];
  ious: Record<string, number>;
}

/** As it was exported, and why; or a faster one that was proven on this machine, and how far from the exported one it is. */
type ServedGraph = { kind: "stock"; reason: string } | { kind: "rewritten"; difference: number };

export interface Examination {
  model: string;
  provider: string;
  /** Why each provider before it could not start. */
  skipped: string[];
  /** How each graph is served. */
  graphs: { encoder: ServedGraph; decoder: ServedGraph };
  /** By the manifest's resize rule: every size in every orientation. */
  pictures: Examined[];
  /** By the other rule. */
  otherRule: Examined[];
  /** Medians. */
  encodeMs: number;
  decodeMs: number;
  /** Of this process, from before the model was loaded until all was done. */
  memoryBytes: number;
}

interface Options {
  cacheDir: string;
  runtime: EncoderRuntime;
  onPicture?: (done: number, all: number) => void;
}

/**
 * A model from files to masks as it is served, on pictures whose masks are known.
 * @throws ModelFileError, ProviderError in a sentence; Error of ONNX Runtime for graphs that do not run.
 */
export async function examineModel(
  model: ModelSpec,
  models: Models,
  { cacheDir, runtime, onPicture }: Options,
): Promise<Examination> {
  const before = process.memoryUsage().rss;
  const [encoderPath, decoderPath] = [
    await models.verifiedGraph(model, "encoder"),
    await models.verifiedGraph(model, "decoder"),
  ];
  const graphs = {
    encoder: await encoderFiles(model, encoderPath, cacheDir, runtime),
    decoder: await decoderFiles(model, decoderPath, cacheDir),
  };
  const encoder = await loadEncoder(model, graphs.encoder, runtime);
  const decoder = await loadDecoderGraph(model, graphs.decoder, { wide: Math.min(8, availableParallelism()) });
  const memory = new Float32Array(3 * model.preprocess.size ** 2);
  const times = { encode: [] as number[], decode: [] as number[] };

  const examine = async (
    width: number,
    height: number,
    orientation: number,
    resize: Examined["resize"],
  ): Promise<Examined> => {
    const { drawing, objects } = knownScene(width, height);
    const stored = storedAs(drawing, orientation);
    const file = await sharp(stored.data, { raw: { width: stored.width, height: stored.height, channels: 3 } })
      .withMetadata({ orientation })
      .jpeg({ quality: 92, chromaSubsampling: "4:4:4" })
      .toBuffer();
    const preprocess = { ...model.preprocess, resize };
    const pixels = await fitPixels(await openPicture(file, noLimits), preprocess);
    const sides = encoder.frameOf(pixels);
    const input = modelInput(pixels, { ...model, preprocess }, sides, memory);
    const startedAt = performance.now();
    const tensors = encoder.whole(await encoder.run(input, sides), sides);
    times.encode.push(performance.now() - startedAt);
    const embedding = tensors.map((data, at) => ({ data, dims: embeddingTensors(model)[at]!.dims }));
    const kept = await decoder.wide.prepare(embedding);
    const frame = modelFrame({ ...model, preprocess }, { width, height });
    const ious: Record<string, number> = {};
    for (const object of objects) {
      const clickedAt = performance.now();
      const mask = await click(frame, kept, object);
      times.decode.push(performance.now() - clickedAt);
      ious[object.name] = rleIou(mask, object.mask);
    }
    return { width, height, orientation, resize, ious };
  };
  const click = async (
    frame: Frame,
    kept: Awaited<ReturnType<typeof decoder.wide.prepare>>,
    { click: { x, y }, mask }: KnownObject,
  ): Promise<MaskRuns> => {
    const prompt = { points: [{ x, y, label: 1 as const }] };
    const { masks } = await decodePrompt(decoder.wide, { frame, kept, latest: new LatestPreview() }, prompt, {
      multimask: true,
      preview: false,
    });
    // Which of an ambiguous click's candidates is meant, nobody can know of a drawing.
    const traced = masks.map(({ logits }) => traceMask(logits, frame));
    return traced.reduce((best, one) => (rleIou(one, mask) > rleIou(best, mask) ? one : best));
  };

  const own = model.preprocess.resize;
  const other = own === "letterbox" ? "stretch" : "letterbox";
  const all = sizes.length * (orientations.length + 1);
  const [pictures, otherRule]: [Examined[], Examined[]] = [[], []];
  const note = () => onPicture?.(pictures.length + otherRule.length, all);
  try {
    for (const { width, height } of sizes) {
      for (const orientation of orientations) {
        pictures.push(await examine(width, height, orientation, own));
        note();
      }
      otherRule.push(await examine(width, height, 1, other));
      note();
    }
  } finally {
    await encoder.release();
    await decoder.release();
  }
  return {
    model: model.id,
    provider: encoder.provider,
    skipped: encoder.skipped,
    graphs: {
      encoder: servedGraph(graphs.encoder, ({ maxDifference }) => maxDifference),
      decoder: servedGraph(graphs.decoder, ({ maxLogitDifference }) => maxLogitDifference),
    },
    pictures,
    otherRule,
    encodeMs: median(times.encode),
    decodeMs: median(times.decode),
    memoryBytes: process.memoryUsage().rss - before,
  };
}

function servedGraph<Parity>(
  files: { kind: "stock"; reason: string } | { kind: "rewritten"; parity: Parity },
  differenceOf: (parity: Parity) => number,
): ServedGraph {
  return files.kind === "stock"
    ? { kind: "stock", reason: files.reason }
    : { kind: "rewritten", difference: differenceOf(files.parity) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
