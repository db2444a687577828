import { availableParallelism } from "node:os";
import sharp from "sharp";
import { decoderFiles } from "../../services/decoder/graphs/decoder-files.js";
import { loadDecoderGraph } from "../../services/decoder/graphs/load-decoder-graph.js";
import type { EncoderRuntime } from "../../services/encoder/graphs/encoder-runtime.js";
import { localGraphs } from "../../services/encoder/graphs/local-graphs.js";
import { loadEncoder } from "../../services/encoder/worker/load-encoder.js";
import type { ModelSpec } from "../../services/inference/families/model-spec.js";
import type { Models } from "../../services/inference/models/models.js";
import { checkMemory } from "./check-memory.js";
import { type Examination, type Examined, rightIou, type ServedGraph, type Trial } from "./examination.js";
import { hardKnownScenes } from "./hard-scene.js";
import { type Drawing, knownScene } from "./known-scene.js";
import { type PictureForm, pictureForms } from "./picture-form.js";
import { SceneMasks } from "./scene-masks.js";
import { storedAs } from "./stored-as.js";

/** Neither a multiple of a cell nor of a grid's. */
const sizes = [
  { width: 641, height: 427 },
  { width: 333, height: 517 },
  { width: 811, height: 809 },
] as const;
const orientations = [1, 2, 3, 4, 5, 6, 7, 8];

interface Options {
  cacheDir: string;
  runtime: EncoderRuntime;
  /** Of the other resize rule upright pictures alone, and other forms of a picture only where something is wrong. */
  quick?: boolean;
  onPicture?: (done: number, all: number) => void;
}

/**
 * A model from files to masks as it is served, on pictures whose masks are known.
 * @throws ModelFileError, ProviderError in a sentence; Error of ONNX Runtime for graphs that do not run.
 */
export async function examineModel(
  model: ModelSpec,
  models: Models,
  { cacheDir, runtime, quick = false, onPicture }: Options,
): Promise<Examination> {
  const before = process.memoryUsage().rss;
  const [encoderPath, decoderPath] = [
    await models.verifiedGraph(model, "encoder"),
    await models.verifiedGraph(model, "decoder"),
  ];
  const { files, provider, absent } = await localGraphs(model, encoderPath, cacheDir, runtime);
  const decoderGraphs = await decoderFiles(model, decoderPath, cacheDir);
  await checkMemory(model, models, Math.min(8, availableParallelism()));
  const encoder = await loadEncoder(model, files, { ...runtime, providers: [provider] });
  const decoder = await loadDecoderGraph(model, decoderGraphs, { wide: Math.min(8, availableParallelism()) });
  try {
    const masks = new SceneMasks(model, encoder, decoder);
    const [own, ...others] = pictureForms(model.preprocess);
    const [other] = others as [PictureForm, ...PictureForm[]];
    const hard = hardKnownScenes();
    const otherOrientations = quick ? [1] : orientations;
    const counts = [sizes.length * (orientations.length + otherOrientations.length), hard.length * (1 + others.length)];
    let [done, all] = [0, quick ? counts[0]! + hard.length : counts[0]! + counts[1]!];
    const note = () => onPicture?.(++done, all);

    const examine = async (form: PictureForm, ways: readonly number[]): Promise<Examined[]> => {
      const examined: Examined[] = [];
      for (const { width, height } of sizes) {
        const { drawing, objects } = knownScene(width, height);
        for (const orientation of ways) {
          const file = await jpegOf(storedAs(drawing, orientation), orientation);
          const ious = await masks.iousOf({ file, width, height, objects }, form);
          examined.push({ width, height, orientation, resize: form.preprocess.resize, ious });
          note();
        }
      }
      return examined;
    };
    const tried = async (form: PictureForm): Promise<Trial> => {
      const ious: number[] = [];
      for (const { drawing, objects } of hard) {
        const { width, height } = drawing;
        const found = await masks.iousOf({ file: await pngOf(drawing), width, height, objects }, form);
        ious.push(...Object.values(found));
        note();
      }
      return { fault: form.fault, iou: ious.reduce((sum, iou) => sum + (iou || 0), 0) / ious.length };
    };

    const pictures = await examine(own, orientations);
    const otherRule = await examine(other, otherOrientations);
    const trials = [await tried(own)];
    const isWrong = pictures.some(({ ious }) => Object.values(ious).some((iou) => !(iou >= rightIou)));
    if (!quick || isWrong) {
      all = counts[0]! + counts[1]!;
      for (const form of others) trials.push(await tried(form));
    }
    return {
      model: model.id,
      provider: encoder.provider,
      skipped: Object.entries(absent).map(([name, why]) => `${name}: ${why}`),
      graphs: {
        encoder: servedGraph(files, ({ maxDifference }) => maxDifference),
        decoder: servedGraph(decoderGraphs, ({ maxLogitDifference }) => maxLogitDifference),
      },
      pictures,
      otherRule,
      trials,
      ...(masks.fault === undefined ? {} : { fault: masks.fault }),
      encodeMs: median(masks.times.encode),
      decodeMs: median(masks.times.decode),
      memoryBytes: process.memoryUsage().rss - before,
    };
  } finally {
    await encoder.release();
    await decoder.release();
  }
}

const raw = ({ data, width, height }: Drawing) => sharp(data, { raw: { width, height, channels: 3 } });

const jpegOf = (stored: Drawing, orientation: number): Promise<Buffer> =>
  raw(stored).withMetadata({ orientation }).jpeg({ quality: 92, chromaSubsampling: "4:4:4" }).toBuffer();

const pngOf = (drawing: Drawing): Promise<Buffer> => raw(drawing).png({ compressionLevel: 1 }).toBuffer();

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
