import { readFile } from "node:fs/promises";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { bitmapToRle, type MaskRuns } from "../../proto/index.js";
import { spinUs } from "../../services/decoder/graphs/decoder-session.js";
import { withCandidates } from "../../services/decoder/rewrite/check-parity.js";
import { type DecoderWeights, findWeights } from "../../services/decoder/rewrite/find-weights.js";
import { runtimeOptions } from "../../services/inference/models/create-session.js";
import { Manifest } from "../../services/inference/models/manifest.js";
import { verifyModelFile } from "../../services/inference/models/model-file.js";
import { GraphReader } from "../../services/inference/onnx/graph-reader.js";
import { type BarePicture, frameSize } from "./bare-model.js";

/** Defaults of `SamAutomaticMaskGenerator`. */
const pointsPerSide = 32;
const predIouThresh = 0.88;
const stabilityScoreThresh = 0.95;
const stabilityScoreOffset = 1;
const boxNmsThresh = 0.7;

const modelSize = 1024;
const gridSize = 256;
/** Of the four masks of a prompt the first is for unambiguous ones. */
const candidates = [1, 2, 3];

interface Found {
  mask: MaskRuns;
  score: number;
  /** First and last column and row of the mask, as `batched_mask_to_box` has them. */
  box: [x0: number, y0: number, x1: number, y1: number];
}

/**
 * `SamAutomaticMaskGenerator` of segment_anything without crops, written down as it is described: the export's own graph,
 * a point at a time, all three masks of a point brought to the picture's size in two bilinear steps before any filter
 * (`predict_torch` does that to its whole batch), stability score and box from the full-size logits, then suppression. Its
 * masks and its time are what everything mode is held to.
 *
 * Where it departs from the description it is faster for it: points are not batched, which on a CPU costs memory and gains
 * nothing, and the padding is cut off before the first resize, not after it.
 */
export class AutomaticMasks implements AsyncDisposable {
  readonly points = pointsPerSide ** 2;
  readonly #session: InferenceSession;
  readonly #names: DecoderWeights;

  private constructor(session: InferenceSession, names: DecoderWeights) {
    this.#session = session;
    this.#names = names;
  }

  /** The default model's export, its candidate masks and their scores taken out. */
  static async load(threads: number): Promise<AutomaticMasks> {
    const manifest = Manifest.read();
    const stock = await readFile(await verifyModelFile(manifest.get(manifest.defaultId).decoder, manifest));
    const names = findWeights(GraphReader.parse(stock));
    const session = await InferenceSession.create(withCandidates(stock, names), runtimeOptions({ threads, spinUs }));
    return new AutomaticMasks(session, names);
  }

  /** Adds what the points `from` to `to` (excluded) of the grid find; row by row, all of them are `points`. */
  async ask(picture: BarePicture, from: number, to: number, found: Found[]): Promise<void> {
    const { width, height } = picture;
    const [toWidth, toHeight] = frameSize(width, height);
    const toFrame = [samples(gridSize, modelSize, toWidth), samples(gridSize, modelSize, toHeight)] as const;
    const toPicture = [samples(toWidth, width, width), samples(toHeight, height, height)] as const;
    for (let point = from; point < to; point++) {
      const x = ((point % pointsPerSide) + 0.5) / pointsPerSide;
      const y = (Math.floor(point / pointsPerSide) + 0.5) / pointsPerSide;
      const { logits, scores } = await this.#decode(picture, x * toWidth, y * toHeight);
      const masks = candidates.map((candidate) => {
        const small = logits.subarray(candidate * gridSize ** 2, (candidate + 1) * gridSize ** 2);
        return resize(resize(small, gridSize, ...toFrame), toWidth, ...toPicture);
      });
      for (const [index, full] of masks.entries()) {
        const score = scores[candidates[index] as number] as number;
        if (score <= predIouThresh) continue;
        const one = finish(full, width, height, score);
        if (one) found.push(one);
      }
    }
  }

  /** What is left of all that was found, best first. */
  keep(found: readonly Found[]): MaskRuns[] {
    const kept: Found[] = [];
    for (const one of [...found].sort((a, b) => b.score - a.score)) {
      if (kept.every(({ box }) => boxIou(box, one.box) <= boxNmsThresh)) kept.push(one);
    }
    return kept.map(({ mask }) => mask);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }

  /** One point and a pad. @param x, y in the model's frame. */
  async #decode({ embedding }: BarePicture, x: number, y: number) {
    const { stock, candidates: outputs } = this.#names;
    const float = (values: Iterable<number>, dims: number[]) => new Tensor("float32", Float32Array.from(values), dims);
    const feeds: Record<string, Tensor> = {
      [stock.imageEmbeddings]: embedding,
      [stock.pointCoords]: float([x, y, 0, 0], [1, 2, 2]),
      [stock.pointLabels]: float([1, -1], [1, 2]),
      [stock.maskInput]: new Tensor("float32", new Float32Array(gridSize ** 2), [1, 1, gridSize, gridSize]),
      [stock.hasMaskInput]: float([0], [1]),
    };
    if (stock.origImSize !== undefined) feeds[stock.origImSize] = float([1, 1], [2]);
    const answer = await this.#session.run(feeds);
    return {
      logits: answer[outputs.masks]?.data as Float32Array,
      scores: answer[outputs.scores]?.data as Float32Array,
    };
  }
}

/** @param logits float32 of the picture's size. @returns nothing for a mask that is empty or not stable. */
function finish(logits: Float32Array, width: number, height: number, score: number): Found | undefined {
  let intersection = 0;
  let union = 0;
  for (const logit of logits) {
    if (logit > stabilityScoreOffset) intersection++;
    if (logit > -stabilityScoreOffset) union++;
  }
  if (!(intersection / union >= stabilityScoreThresh)) return undefined;
  const bitmap = new Uint8Array(logits.length);
  let [x0, y0, x1, y1] = [width, height, -1, -1];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if ((logits[at] as number) <= 0) continue;
      bitmap[at] = 1;
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      y1 = y;
    }
  }
  return x1 < 0 ? undefined : { mask: bitmapToRle(bitmap, width, height), score, box: [x0, y0, x1, y1] };
}

/** torchvision's `box_iou`. */
function boxIou(a: Found["box"], b: Found["box"]): number {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const area = ([x0, y0, x1, y1]: Found["box"]) => (x1 - x0) * (y1 - y0);
  return (width * height) / (area(a) + area(b) - width * height);
}

/** For each place along an axis: two neighbours and the second one's weight. */
interface Samples {
  low: Int32Array;
  high: Int32Array;
  weight: Float32Array;
}

/** torch's `interpolate(mode="bilinear", align_corners=False)` from `from` to `to` places, the first `count` of them. */
function samples(from: number, to: number, count: number): Samples {
  const result = { low: new Int32Array(count), high: new Int32Array(count), weight: new Float32Array(count) };
  for (let i = 0; i < count; i++) {
    const place = Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const low = Math.min(Math.floor(place), from - 1);
    result.low[i] = low;
    result.high[i] = Math.min(low + 1, from - 1);
    result.weight[i] = place - low;
  }
  return result;
}

/**
 * Each row is interpolated across once, for all the rows between which it lies.
 * @param plane float32, row by row, `stride` values each. @returns float32, as many columns and rows as samples.
 */
function resize(plane: Float32Array, stride: number, columns: Samples, rows: Samples): Float32Array {
  const width = columns.low.length;
  const height = rows.low.length;
  const result = new Float32Array(width * height);
  let upper = { row: -1, values: new Float64Array(width) };
  let lower = { row: -1, values: new Float64Array(width) };
  for (let y = 0, at = 0; y < height; y++) {
    const low = rows.low[y] as number;
    const high = rows.high[y] as number;
    if (lower.row === low) [upper, lower] = [lower, upper];
    if (upper.row !== low) across(plane, low, stride, columns, upper);
    if (lower.row !== high) across(plane, high, stride, columns, lower);
    const below = rows.weight[y] as number;
    const [a, b] = [upper.values, lower.values];
    for (let x = 0; x < width; x++, at++) {
      result[at] = (a[x] as number) * (1 - below) + (b[x] as number) * below;
    }
  }
  return result;
}

function across(
  plane: Float32Array,
  row: number,
  stride: number,
  { low, high, weight }: Samples,
  to: { row: number; values: Float64Array },
): void {
  const { values } = to;
  to.row = row;
  for (let x = 0, from = row * stride; x < values.length; x++) {
    const right = weight[x] as number;
    values[x] =
      (plane[from + (low[x] as number)] as number) * (1 - right) +
      (plane[from + (high[x] as number)] as number) * right;
  }
}
