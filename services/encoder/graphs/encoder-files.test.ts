import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSession } from "../../inference/models/create-session.js";
import { inFrame } from "../../inference/models/in-frame.js";
import type { Provider } from "../../inference/models/providers.js";
import { probe } from "../rewrite/probe.js";
import { windowEncoderGraph } from "../rewrite/testing/window-encoder.js";
import { windowModel, windowModelGraph } from "../rewrite/testing/window-model.js";
import { loadEncoder } from "../worker/load-encoder.js";
import { encoderFiles } from "./encoder-files.js";
import { localGraphs } from "./local-graphs.js";

const model = inFrame(windowModel(), "picture");
const runtime = { providers: ["cpu" as Provider], threads: 1 };
let folder: string;
let stock: string;
const files = (changes: object = {}) => encoderFiles({ ...model, ...changes }, stock, join(folder, "cache"), runtime);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-encoder-"));
  stock = join(folder, "stock.onnx");
  await writeFile(stock, windowModelGraph);
});
afterAll(() => rm(folder, { recursive: true }));

describe("an encoder's files", () => {
  it("are made once, proven, and made again when they are damaged", async () => {
    const made = await files();
    if (made.kind !== "rewritten") throw new Error(made.reason);
    expect(made.parity).toMatchObject({ passed: true, passes: ["any frame", "maps"] });
    const before = await readdir(join(folder, "cache"));
    expect(await files()).toEqual(made);
    const graph = await readFile(made.paths.graph);
    await writeFile(made.paths.graph, graph.subarray(1));
    expect(await files()).toEqual(made);
    expect(await readFile(made.paths.graph)).toEqual(graph);
    expect(await readdir(join(folder, "cache"))).toEqual(before);
  });

  it("are others where the same weights are to be run otherwise", async () => {
    await files();
    expect(await files({ encoder: { ...model.encoder, input: "other" } })).toMatchObject({ kind: "stock" });
    const outputs = model.encoder.outputs.map((one) => ({ ...one, name: "other" }));
    expect(await files({ encoder: { ...model.encoder, outputs } })).toMatchObject({ kind: "stock" });
  });

  it.each([
    ["the manifest names no frame of it but the full one", { preprocess: { ...model.preprocess, frames: ["full"] } }],
    [
      "it has more outputs than the rewriter knows",
      { encoder: { ...model.encoder, outputs: [...model.encoder.outputs, ...model.encoder.outputs] } },
    ],
  ])("are the stock graph where %s", async (reason, changes) => {
    expect(await files(changes)).toEqual({ kind: "stock", path: stock, reason });
  });

  it("are the stock graph where they cannot be kept", async () => {
    const made = await encoderFiles(model, stock, join(stock, "cache"), runtime);
    expect(made).toMatchObject({ kind: "stock", reason: expect.stringMatching(/cache cannot be written: ENOTDIR/) });
  });

  it("are the stock graph on what takes graphs of fixed sides", async () => {
    const made = await encoderFiles(model, stock, folder, { providers: ["tensorrt", "cpu"], threads: 1 });
    expect(made).toMatchObject({ kind: "stock", reason: "TensorRT takes graphs of fixed sides" });
  });
});

it("are those of the first provider that can start, also behind one that has no graph of its own", async () => {
  const providers: Provider[] = ["openvino", "tensorrt", "cpu"];
  const made = await localGraphs(model, stock, join(folder, "cache"), { providers, threads: 1 });
  expect(made.absent.openvino).toMatch(/no openvino/);
  // Where TensorRT is there, it runs the stock graph.
  const isThere = made.absent.tensorrt === undefined;
  expect([made.provider, made.files.kind]).toEqual(isThere ? ["tensorrt", "stock"] : ["cpu", "rewritten"]);
});

describe("a loaded encoder", () => {
  it("encodes a picture's own frame, and fills what is outside with an empty frame's cells", async () => {
    const encoder = await loadEncoder(model, await files(), runtime);
    const frame = encoder.frameOf({ width: 128, height: 70 });
    expect(frame).toEqual({ width: 128, height: 80 });
    const planes = probe(frame);
    const [whole] = encoder.whole(await encoder.run(planes, frame), frame);
    const cells = await cellsOf(windowEncoderGraph(80, 128), planes, 80);
    const empty = await cellsOf(windowModelGraph, new Float32Array(3 * 128 * 128), 128);
    expect(whole).toHaveLength(8 * 8 * 8);
    for (const [index, value] of whole!.entries()) {
      const [channel, row, column] = [index >> 6, (index >> 3) % 8, index % 8];
      const expected = row < 5 ? cells[(channel * 5 + row) * 8 + column] : empty[index];
      expect(value).toBeCloseTo(expected!, 5);
    }
  });

  it("encodes the whole frame where that is set, and where there is the stock graph alone", async () => {
    const content = { width: 128, height: 70 };
    const all = { width: 128, height: 128 };
    const full = await loadEncoder(inFrame(model, "full"), await files(), runtime);
    const fallback = await loadEncoder(model, { kind: "stock", path: stock, reason: "" }, runtime);
    const planes = probe(all);
    const expected = await cellsOf(windowModelGraph, planes, 128);
    expect([full.takesFrames, fallback.takesFrames]).toEqual([true, false]);
    for (const encoder of [full, fallback]) {
      expect(encoder.frameOf(content)).toEqual(all);
      const [found] = encoder.whole(await encoder.run(planes, all), all);
      expect(found!.every((value, index) => Math.abs(value - expected[index]!) < 1e-5)).toBe(true);
    }
  });
});

async function cellsOf(graph: Uint8Array, planes: Float32Array, height: number): Promise<Float32Array> {
  const { session } = await createSession(graph, runtime);
  const { output } = await session.run({ input: new Tensor("float32", planes, [1, 3, height, 128]) });
  return output!.data as Float32Array;
}
