import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeHalf } from "../proto/half-float.js";
import { PromptSchema } from "../proto/index.js";
import { decodeCounts } from "../proto/rle.js";
import { type LoadedDecoder, loadDecoderGraph } from "../services/decoder/graphs/load-decoder-graph.js";
import { acceptPrompt } from "../services/decoder/prompts/accept-prompt.js";
import { answerPrompt } from "../services/decoder/worker/answer-prompt.js";
import { decodeGrid } from "../services/decoder/worker/decode-grid.js";
import { noLimits, openPicture } from "../services/encoder/images/open-picture.js";
import { fitPixels, modelInput } from "../services/encoder/images/preprocess.js";
import { loadEncoder } from "../services/encoder/worker/load-encoder.js";
import { Manifest, type ModelSpec } from "../services/inference/models/manifest.js";
import { embeddingTensors, modelFrame } from "../services/inference/models/model-tensors.js";
import { Code } from "../services/runtime/errors.js";
import type { OpenPicture } from "../services/sam/decode/decode-prompt.js";
import { floatTensors } from "../services/sam/decode/float-tensors.js";
import { decodeEmbeddingRecord, encodeEmbeddingRecord } from "../services/sam/embedding-record.js";
import { LatestPreview } from "../services/sam/masks/latest-preview.js";
import type { Region } from "../services/sam/region.js";
import { decoderGraph, discRadius, encoderGraph, scoresOf } from "./testing/family-graphs.js";
import { type FamilyRow, familyRows } from "./testing/family-rows.js";

/*
 * Every family from its entry in a manifest to masks, on graphs with the interface of its exports: names, types and dimensions,
 * places in a picture that is twice as wide as high, pads, order and number of masks, and what it refuses. No real weights.
 */

const picture = { width: 200, height: 100 };
/** Pixels of the frame to one of the picture. */
const scale = 1024 / picture.width;

type Kept = Parameters<LoadedDecoder["wide"]["decode"]>[0];
type PromptInit = Exclude<MessageInitShape<typeof PromptSchema>, { $typeName: string }>;

const folder = mkdtempSync(join(tmpdir(), "maskwire-families-"));
let file: Buffer;

beforeAll(async () => {
  // White on the left, black on the right.
  const data = Buffer.alloc(3 * picture.width * picture.height);
  for (let at = 0; at < data.length; at++) data[at] = Math.floor(at / 3) % picture.width < 100 ? 255 : 0;
  file = await sharp(data, { raw: { ...picture, channels: 3 } })
    .png()
    .toBuffer();
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(familyRows.map((row): [string, FamilyRow] => [row.family, row]))("%s", (family, row) => {
  const { encoder, decoder, takes } = row;
  const graphs = { encoder: encoderGraph(encoder), decoder: decoderGraph(decoder) };
  const model = specOf(row, graphs);
  const paths = { encoder: join(folder, `${family}-encoder.onnx`), decoder: join(folder, `${family}-decoder.onnx`) };
  let loaded: LoadedDecoder;
  let tensors: Float32Array[];
  let kept: Kept;

  beforeAll(async () => {
    writeFileSync(paths.encoder, graphs.encoder);
    writeFileSync(paths.decoder, graphs.decoder);
    tensors = await encode(model, paths.encoder);
    loaded = await loadDecoderGraph(model, { kind: "stock", path: paths.decoder, reason: "synthetic" }, { wide: 1 });
    kept = await loaded.wide.prepare(throughRecord(model, tensors));
  });
  afterAll(() => loaded?.release());

  /** A prompt as it comes in -> its masks as they go out. */
  const ask = async (init: PromptInit, { multimask, crop }: { multimask?: boolean; crop?: Region } = {}) => {
    const prompt = acceptPrompt(create(PromptSchema, init), picture, model, crop);
    const size = crop ?? picture;
    const frameOf = (of: { width: number; height: number }) => modelFrame(model, of);
    const open: OpenPicture<Kept> = { frame: frameOf(size), kept, latest: new LatestPreview() };
    const what = { prompt, picture, preview: false, multimask, png: false, lowResLogits: true } as const;
    const place = { key: "", record: new SharedArrayBuffer(0), modelId: model.id, asOf: 0, ...size };
    const task = { kind: "prompt" as const, ...place, ...what, ...(crop ? { crop } : {}) };
    return (await answerPrompt(task, loaded.wide, open, frameOf)).masks;
  };
  const at = (x: number, y: number, label = 1) => ({ x, y, label });

  it("prepares a picture, and keeps what the decoder reads of its features", () => {
    const side = embeddingTensors(model)[0]!.dims.at(-1)!;
    const red = (x: number, y: number) => 1000 * tensors[0]![side * side + y * side + x]!;
    const middle = Math.floor(side / 4);
    const [white, black] = [255, 0].map((value) => (value - normal(row).mean) / normal(row).std);
    expect(red(2, 2)).toBeCloseTo(white!, 2);
    expect(red(side - 3, middle)).toBeCloseTo(black!, 2);
    // The lower half of a letterbox's frame is padding.
    expect(red(2, side - 3)).toBeCloseTo(row.stretches ? white! : 0, 2);
    const sizes = embeddingTensors(model).map(({ dims }) => dims.reduce((product, dim) => product * dim, 1));
    expect(tensors.map(({ length }) => length)).toEqual(sizes);
    // Each tensor's own number, and none of what lies behind it.
    expect(tensors.map((tensor) => tensor.reduce((most, value) => Math.max(most, value)))).toEqual(
      tensors.map((_, index) => index + 2),
    );
  });

  it("finds what a point is on, where it is", async () => {
    const [mask] = await ask({ points: [at(60, 50)] });
    const across = discRadius / scale;
    const down = row.stretches ? across / 2 : across;
    expectBox(mask?.box, { x: 60 - across, y: 50 - down, width: 2 * across, height: 2 * down });
    const [tokens, pads] = row.point;
    const best = Math.max(...scoresOf(decoder.masks));
    expect(mask?.predictedIou).toBeCloseTo(best + 0.01 * tokens + 0.001 * pads, 5);
    expect(mask?.lowResLogits).toHaveLength(decoder.grid ** 2);
  });

  it("gives its candidates, best first", async () => {
    const masks = await ask({ points: [at(60, 50)] }, { multimask: true });
    const scores = masks.map(({ predictedIou }) => predictedIou);
    expect(scores).toHaveLength(Math.min(decoder.masks, 3));
    expect(scores).toHaveLength(model.capabilities.candidates);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    const [one] = await ask({ points: [at(60, 50)] }, { multimask: false });
    const wanted = decoder.masks === 4 ? 0.5 : Math.max(...scoresOf(decoder.masks));
    expect(one?.predictedIou).toBeCloseTo(wanted + 0.01 * row.point[0] + 0.001 * row.point[1], 5);
  });

  it(takes.negatives ? "leaves out what is beside the object" : "refuses points beside the object", async () => {
    const points = [at(60, 50), at(72, 50, 0)];
    if (!takes.negatives)
      return expectRefused(() => ask({ points }), /takes no points beside the object .*points on the object/);
    const [mask] = await ask({ points });
    expect([isIn(mask!, 60, 50), isIn(mask!, 72, 50)]).toEqual([true, false]);
  });

  it(row.box ? "takes a box" : "refuses boxes", async () => {
    const box = { x0: 120, y0: 10, x1: 20, y1: 70 };
    if (!row.box) return expectRefused(() => ask({ box }), /takes no boxes; it takes points/);
    const [mask] = await ask({ box });
    expectBox(mask?.box, { x: 20, y: 10, width: 100, height: 60 });
    const [tokens, pads] = row.box;
    expect(mask?.predictedIou).toBeCloseTo(Math.max(...scoresOf(decoder.masks)) + 0.01 * tokens + 0.001 * pads, 5);
    const [both] = await ask({ box, points: [at(60, 50)] });
    expectBox(both?.box, { x: 40, y: row.stretches ? 40 : 30, width: 40, height: row.stretches ? 20 : 40 });
  });

  it(takes.mask ? "starts from a mask" : "refuses masks to start from", async () => {
    // The left half of the grid.
    const logits = Float32Array.from(
      { length: decoder.grid ** 2 },
      (_, cell) => 0.3 * decoder.grid - (cell % decoder.grid),
    );
    const data = new Uint8Array(encodeHalf(logits).buffer);
    const mask = {
      source: { case: "lowResLogits" as const, value: { width: decoder.grid, height: decoder.grid, data } },
    };
    const prompt = { points: [at(60, 50)], mask };
    if (!takes.mask) return expectRefused(() => ask(prompt), /takes no masks to start from; it takes points/);
    const [found] = await ask(prompt);
    const down = row.stretches ? 10 : 20;
    expectBox(found?.box, { x: 40, y: 50 - down, width: 20, height: 2 * down });
  });

  it("decodes on a part of a picture, and finds objects from a grid of points", async () => {
    const crop = { x: 100, y: 20, width: 80, height: 80 };
    const [mask] = await ask({ points: [at(140, 60)] }, { crop });
    expectBox(mask?.box, { x: 132, y: 52, width: 16, height: 16 });
    const thresholds = { predIou: 0.5, stabilityScore: 0.1, stabilityOffset: 1, minRegionArea: 0 };
    const found = await decodeGrid({ points: [at(60, 50), at(150, 40)], thresholds } as never, loaded.wide, {
      kept,
      frame: modelFrame(model, picture),
    });
    expect(found.map((masks) => masks.length)).toEqual([model.capabilities.candidates, model.capabilities.candidates]);
    expectBox(found[1]?.[0]?.box, { x: 130, y: row.stretches ? 30 : 20, width: 40, height: row.stretches ? 20 : 40 });
  });

  if (takes.mostPoints === undefined) return;
  it("refuses more points than it has room for", () => {
    const points = Array.from({ length: 5 }, (_, index) => at(10 * index + 10, 50));
    return expectRefused(
      () => ask({ points, box: { x0: 1, y0: 1, x1: 99, y1: 99 } }),
      /takes 6 points of a prompt at most/,
    );
  });
});

function specOf({ family, entry = {} }: FamilyRow, graphs: Record<"encoder" | "decoder", Uint8Array>): ModelSpec {
  const fileOf = (bytes: Uint8Array) => ({
    source: "file:x",
    sha256: createHash("sha256").update(bytes).digest("hex"),
    bytes: bytes.length,
  });
  const files = { encoder: fileOf(graphs.encoder), decoder: fileOf(graphs.decoder) };
  const said = { id: "m", title: "M", family, provenance: "Written by a test.", licence: "Apache-2.0" };
  return new Manifest({ default: "m", models: [{ ...said, files, ...entry }] }, folder).get("m");
}

async function encode(model: ModelSpec, path: string): Promise<Float32Array[]> {
  const encoder = await loadEncoder(
    model,
    { kind: "stock", path, reason: "synthetic" },
    { providers: ["cpu"], threads: 1 },
  );
  try {
    const pixels = await fitPixels(await openPicture(file, noLimits), model.preprocess);
    const memory = new Float32Array(3 * model.preprocess.size ** 2);
    const frame = encoder.frameOf(pixels);
    return encoder.whole(await encoder.run(modelInput(pixels, model, frame, memory), frame), frame);
  } finally {
    await encoder.release();
  }
}

/** As the shared cache hands it on: half floats in the record's bytes. */
function throughRecord(model: ModelSpec, tensors: Float32Array[]) {
  const header = { imageId: "i", modelId: "m", weights: "w", dtype: "float16" as const, ...picture };
  const halves = tensors.map((tensor) => encodeHalf(tensor));
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
  const record = encodeEmbeddingRecord({ ...header, tensors: embeddingTensors(model) }, halves, { crc32, sha256 });
  return floatTensors(decodeEmbeddingRecord(record, crc32, sha256));
}

/** What a graph gets of a picture that is red all over: it is told 0 to 1, or normalises itself, or has it done. */
function normal({ family }: FamilyRow): { mean: number; std: number } {
  if (family === "efficientsam") return { mean: 0, std: 255 };
  return family === "sam3-tracker" ? { mean: 127.5, std: 127.5 } : { mean: 123.675, std: 58.395 };
}

/** Pixels that an edge may lie off: a cell of the grid is 0.8 of them at most. */
const most = 1.5;

function expectBox(box: Region | undefined, wanted: Region): void {
  expect(box).toBeDefined();
  for (const side of ["x", "y", "width", "height"] as const) {
    expect(Math.abs(box![side] - wanted[side]), `${side} of ${JSON.stringify(box)}`).toBeLessThanOrEqual(most);
  }
}

/** Runs go down the columns. */
function isIn({ counts }: { counts: string }, x: number, y: number): boolean {
  let [left, inside] = [x * picture.height + y, false];
  for (const run of decodeCounts(counts)) {
    if (left < run) return inside;
    left -= run;
    inside = !inside;
  }
  return false;
}

async function expectRefused(work: () => Promise<unknown>, sentence: RegExp): Promise<void> {
  await expect(work()).rejects.toMatchObject({
    code: Code.INVALID_ARGUMENT,
    message: expect.stringMatching(sentence),
  });
}
