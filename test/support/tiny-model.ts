import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomNumbers } from "../../proto/testing/random-numbers.js";
import { GraphBuilder, type Value } from "../../services/inference/onnx/graph-builder.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { detectorGraph } from "./tiny-detector.js";

/*
 * A model of a few kilobytes with the interface of Meta's exports, for tests that ask where a request goes and not what its
 * mask looks like: it loads, encodes and decodes in milliseconds. Its masks are discs around the points, bent by the
 * picture's brightness and by the mask that a prompt starts from, so that an answer from a wrong embedding, or without its
 * earlier mask, differs.
 */

const frameSize = 1024;
const cell = 16;
/** As many as the real model's, so that its records are as large; only these many differ. */
const channels = 256;
const drawnChannels = 8;
const grid = frameSize / cell;
const side = 4 * grid;
/** Pixels of the frame: how wide a point's disc is. */
const spread = 80;

/** Where each candidate's disc ends: the first, for a prompt of several points, then small, middle and large. */
const levelsOfCandidates = [3, 5, 3.5, 2];

/** The manifest's entry of this name. */
export const tinyModelId = "tiny";
/** The same under another name. */
const secondModelId = "second";
/** The one that finds dogs where a picture is red. */
export const tinyDetectorId = "tiny-detector";

/** Of matrices of the frame's side, each a few hundredths of a second on one core: work that something can happen in. */
const slowEncodeProducts = 10;
const slowDecodeProducts = 2;

/** For tests in which something happens meanwhile. */
interface Pace {
  /** Encodes take about half a second. */
  readonly slowEncodes?: boolean;
  /** Decodes take about a tenth. */
  readonly slowDecodes?: boolean;
  /** As many decodes at once as the machine has cores, for who measures or floods; one, and that on one core, when left out. */
  readonly allCores?: boolean;
}

interface Choice {
  /** The same model under another name too, loaded when it is asked. */
  readonly second?: boolean;
}

/** Each thread of a decoder is a part of the time that its process takes to start. */
const oneCore = { MASKWIRE_DECODER_WORKERS: "1", MASKWIRE_DECODER_THREADS: "1" };

/** The variables that make a process serve the tiny model instead of the default one, and ask words of the tiny detector. */
export function tinyModelEnv({ second = false, ...pace }: Pace & Choice = {}) {
  return {
    ...(pace.allCores ? {} : oneCore),
    MASKWIRE_MODELS_FILE: writeTinyModel(pace),
    ...(second ? { MASKWIRE_MODELS: `${tinyModelId},${secondModelId}:lazy` } : { MASKWIRE_MODEL: tinyModelId }),
    MASKWIRE_DETECTORS: tinyDetectorId,
  };
}

/** Writes the model's files and its manifest where they are not there yet. @returns the manifest's path. */
function writeTinyModel({ slowEncodes = false, slowDecodes = false }: Pace): string {
  const files = {
    "encoder.onnx": encoderGraph(slowEncodes ? slowEncodeProducts : 0),
    "decoder.onnx": decoderGraph(slowDecodes ? slowDecodeProducts : 0),
    "detector.onnx": detectorGraph(),
  };
  const digest = createHash("sha256");
  for (const bytes of Object.values(files)) digest.update(bytes);
  const folder = join(
    projectRoot,
    "node_modules",
    ".cache",
    "maskwire-test",
    `tiny-${digest.digest("hex").slice(0, 16)}`,
  );
  mkdirSync(folder, { recursive: true });
  // What is there is whole, and of these bytes.
  for (const [name, bytes] of Object.entries(files)) {
    if (!existsSync(join(folder, name))) writeWhole(join(folder, name), bytes);
  }
  const manifest = join(folder, "models.json");
  writeWhole(manifest, JSON.stringify(manifestOf(files), null, 2));
  return manifest;
}

/** Several test files may write it at once, and others read it. */
function writeWhole(path: string, data: Uint8Array | string): void {
  const part = `${path}.${process.pid}`;
  writeFileSync(part, data);
  renameSync(part, path);
}

function manifestOf(files: Record<`${"encoder" | "decoder" | "detector"}.onnx`, Uint8Array>) {
  const fileOf = (name: keyof typeof files) => ({
    source: `file:${name}`,
    sha256: createHash("sha256").update(files[name]).digest("hex"),
    bytes: files[name].length,
  });
  const tiny = {
    id: tinyModelId,
    title: "Discs for tests",
    family: "sam1",
    provenance: "Written by test/support/tiny-model.ts.",
    licence: "Apache-2.0",
    files: { encoder: fileOf("encoder.onnx"), decoder: fileOf("decoder.onnx") },
    tensors: {
      encoder: { input: "input", output: "output", dims: [1, channels, grid, grid] },
      decoder: { maskGrid: side },
    },
    preprocess: {
      version: 1,
      size: frameSize,
      resize: "letterbox",
      mean: [123.675, 116.28, 103.53],
      std: [58.395, 57.12, 57.375],
    },
  };
  return {
    models: [tiny, { ...tiny, id: secondModelId, title: "The same discs" }],
    detectors: [
      {
        id: tinyDetectorId,
        title: "Colours for tests",
        family: "nanodet",
        provenance: "Written by test/support/tiny-detector.ts.",
        licence: "Apache-2.0",
        files: { graph: fileOf("detector.onnx") },
      },
    ],
  };
}

/** `input` float32 [1, 3, 1024, 1024] -> `output` float32 [1, 256, 64, 64]: brightness of each cell first, then noise, again and again. */
function encoderGraph(products: number): Uint8Array {
  const g = new GraphBuilder("tiny encoder");
  const random = randomNumbers(7);
  const patch = 3 * cell * cell;
  const weights = Float32Array.from({ length: drawnChannels * patch }, (_, index) =>
    index < patch ? 1 / patch : (random() - 0.5) / Math.sqrt(patch),
  );
  // A picture of one colour has an embedding too, and no constant one.
  const places = Float32Array.from({ length: drawnChannels * grid * grid }, () => 0.1 * (random() - 0.5));
  const input = g.input("input", [1, 3, frameSize, frameSize], "The normalised picture.");
  const patches = g.node("Conv", [input, g.constant("weights", [drawnChannels, 3, cell, cell], weights)], {
    strides: { ints: [cell, cell] },
  });
  let drawn = g.add(patches, g.constant("places", [1, drawnChannels, grid, grid], places));
  if (products > 0) {
    const square = g.reshape(g.slice(input, 1, 0, 1), [frameSize, frameSize]);
    drawn = g.add(drawn, idleWork(g, square, products));
  }
  const output = g.concat(Array(channels / drawnChannels).fill(drawn), 1);
  g.output("output", output, [1, channels, grid, grid], "The embedding.");
  return g.build();
}

/** Takes its time, and comes to next to nothing [1, 1, 1, 1] that the runtime cannot leave out. @param square of any numbers. */
function idleWork(g: GraphBuilder, square: Value, products: number): Value {
  let work = square;
  for (let product = 0; product < products; product++) work = g.node("Tanh", [g.matmul(work, work)]);
  const mean = g.node("ReduceMean", [work, g.integers([0, 1])], { keepdims: { int: 1 } });
  return g.reshape(g.multiply(mean, g.scalar(1e-6)), [1, 1, 1, 1]);
}

/** The interface of Meta's export with every candidate: one for a prompt of several points, then three of growing size. */
function decoderGraph(products: number): Uint8Array {
  const g = new GraphBuilder("tiny decoder");
  const embedding = g.input("image_embeddings", [1, channels, grid, grid], "The embedding.");
  const coords = g.input("point_coords", [1, "points", 2], "x and y in pixels of the frame.");
  const labels = g.input("point_labels", [1, "points"], "1, 0, box corners 2 and 3, pad -1.");
  const mask = g.input("mask_input", [1, 1, side, side], "Logits to start from.");
  const hasMask = g.input("has_mask_input", [1], "1 when there is a mask to start from.");
  g.input("orig_im_size", [2], "Not used: nobody asks for the mask at full size.");
  const cells = Float32Array.from({ length: side * side * 2 }, (_, index) => {
    const at = index >> 1;
    return (frameSize / side) * ((index % 2 === 0 ? at % side : Math.floor(at / side)) + 0.5);
  });
  // [1, points, 1, 2] against [1, 1, cells, 2].
  const away = g.subtract(
    g.constant("cells", [1, 1, side * side, 2], cells),
    g.node("Unsqueeze", [coords, g.integers([2])]),
  );
  const squared = g.node("ReduceSum", [g.multiply(away, away), g.integers([3])], { keepdims: { int: 0 } });
  const discs = g.node("Exp", [g.multiply(squared, g.scalar(-1 / (2 * spread ** 2)))]);
  const isNegative = g.node("Equal", [labels, g.scalar(0)]);
  const isPad = g.node("Equal", [labels, g.scalar(-1)]);
  const signs = g.node("Where", [isNegative, g.scalar(-8), g.node("Where", [isPad, g.scalar(0), g.scalar(8)])]);
  // [1, 1, points] x [1, points, cells]
  const drawn = g.matmul(g.node("Unsqueeze", [signs, g.integers([1])]), discs);
  const prompted = g.reshape(drawn, [1, 1, side, side]);
  const picture = g.node(
    "Resize",
    [g.slice(embedding, 1, 0, 1), "", g.constant("fourfold", [4], [1, 1, side / grid, side / grid])],
    {},
  );
  const begun = g.multiply(g.multiply(mask, g.scalar(0.25)), hasMask);
  let drawing = g.add(g.add(prompted, begun), g.multiply(picture, g.scalar(0.5)));
  if (products > 0) {
    // As many numbers as the frame has pixels.
    drawing = g.add(drawing, idleWork(g, g.reshape(embedding, [frameSize, frameSize]), products));
  }
  const levels = g.constant("levels", [1, levelsOfCandidates.length, 1, 1], levelsOfCandidates);
  const logits = g.subtract(drawing, levels);
  g.output("low_res_masks", logits, [1, levelsOfCandidates.length, side, side], "Logits of every candidate.");
  const mean = g.node("ReduceMean", [logits, g.integers([2, 3])], { keepdims: { int: 0 } });
  const score = g.add(g.multiply(g.node("Sigmoid", [mean]), g.scalar(0.2)), g.scalar(0.75));
  g.output("iou_predictions", score, [1, levelsOfCandidates.length], "A number that depends on the mask.");
  return g.build();
}
