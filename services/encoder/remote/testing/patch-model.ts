import { createHash } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomNumbers } from "../../../../proto/testing/random-numbers.js";
import { inFrame } from "../../../inference/models/in-frame.js";
import { Manifest, type ModelSpec } from "../../../inference/models/manifest.js";
import { GraphBuilder } from "../../../inference/onnx/graph-builder.js";
import type { EncoderFiles } from "../../graphs/encoder-files.js";
import type { LocalGraphs } from "../../graphs/local-graphs.js";
import { wholeFrame } from "../../images/encoded-frame.js";
import { probe } from "../../rewrite/probe.js";
import { loadEncoder } from "../../worker/load-encoder.js";
import type { FakeModel } from "./fake-model-server.js";

/*
 * An encoder of a few hundred bytes that takes frames of any size: each cell of 16 pixels becomes four numbers. Its results for a
 * part of a frame are exactly those of the whole one there.
 */

const [size, cell, channels] = [128, 16, 4];
const grid = size / cell;

/** @param seed of its weights. */
function patchGraph(seed: number): Uint8Array {
  const g = new GraphBuilder("patches");
  const random = randomNumbers(seed);
  const weights = Float32Array.from({ length: channels * 3 * cell ** 2 }, () => (random() - 0.5) / cell);
  const bias = Float32Array.from({ length: channels }, random);
  const input = g.input("input", [1, 3, "height", "width"], "The normalised picture.");
  const given = [
    input,
    g.constant("weights", [channels, 3, cell, cell], weights),
    g.constant("bias", [channels], bias),
  ];
  const patches = g.node("Conv", given, { strides: { ints: [cell, cell] } });
  g.output("output", patches, [1, channels, "rows", "columns"], "The embedding.");
  return g.build();
}

export interface PatchModel {
  readonly model: ModelSpec;
  readonly graphs: LocalGraphs;
  /** The probe's embedding, in a file. */
  readonly reference: string;
  /** The same at a server, whose sides are fixed unless it is to take frames. */
  served(options?: { seed?: number; type?: "FP32" | "FP16"; takesFrames?: boolean }): FakeModel;
}

/** The model with its files in a folder of its own. */
export async function patchModel(): Promise<PatchModel> {
  const folder = mkdtempSync(join(tmpdir(), "maskwire-patches-"));
  const path = join(folder, "encoder.onnx");
  const graph = patchGraph(1);
  writeFileSync(path, graph);
  const file = {
    source: `file:${path}`,
    sha256: createHash("sha256").update(graph).digest("hex"),
    bytes: graph.length,
  };
  const entry = {
    id: "patches",
    title: "Patches for tests",
    family: "sam1",
    provenance: "Written by services/encoder/remote/testing/patch-model.ts.",
    licence: "Apache-2.0",
    files: { encoder: file, decoder: file },
    tensors: { encoder: { input: "input", output: "output", dims: [1, channels, grid, grid] } },
    preprocess: {
      version: 1,
      size,
      resize: "letterbox",
      frames: ["full", "picture"],
      mean: [128, 128, 128],
      std: [64, 64, 64],
    },
  };
  const model = inFrame(new Manifest({ default: "patches", models: [entry] }, folder).get("patches"), "picture");
  const stock: EncoderFiles = { kind: "stock", path, reason: "a test asks for it" };
  const whole = wholeFrame(model);
  const encoder = await loadEncoder(model, stock, { providers: ["cpu"], threads: 1 });
  const write = async (name: string, planes: Float32Array) => {
    const [values] = await encoder.run(planes, whole);
    writeFileSync(join(folder, name), new Uint8Array((values as Float32Array).buffer));
    return join(folder, name);
  };
  const reference = await write("probe.f32", probe(whole));
  const empty = await write("empty.f32", new Float32Array(3 * size ** 2));
  await encoder.release();
  const parity = { passed: true, maxDifference: 0, cutDifference: 0, passes: ["none"], skipped: [] };
  const files: EncoderFiles = { kind: "rewritten", paths: { graph: path, empty }, parity };
  return {
    model,
    graphs: { files, provider: "cpu", stock, absent: {} },
    reference,
    served: ({ seed = 1, type = "FP32", takesFrames = false } = {}) => ({
      graph: seed === 1 ? graph : patchGraph(seed),
      name: "patches",
      input: { name: "input", datatype: type, shape: takesFrames ? [-1, 3, -1, -1] : [1, 3, size, size] },
      output: {
        name: "output",
        datatype: type,
        shape: takesFrames ? [-1, channels, -1, -1] : [-1, channels, grid, grid],
      },
    }),
  };
}
