import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parityLimits } from "../services/decoder/rewrite/check-parity.js";
import { encoderLimits } from "../services/encoder/rewrite/check-encoder.js";
import { windowEncoder } from "../services/encoder/rewrite/testing/window-encoder.js";
import { windowModelGraph } from "../services/encoder/rewrite/testing/window-model.js";
import { Manifest } from "../services/inference/models/manifest.js";
import { GraphBuilder } from "../services/inference/onnx/graph-builder.js";
import { optimisationText, optimiseModel } from "./optimise-model.js";

const manifest = Manifest.read();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-optimise-"));
});
afterAll(async () => {
  if (folder) await rm(folder, { recursive: true });
});

const runtime = { providers: ["cpu" as const], threads: 2 };
const optimise = (force: boolean, of: Manifest) =>
  optimiseModel(of, manifest.defaultId, { cacheDir: folder, runtime, force });

/** Written where a manifest finds it, as its entry names it. */
async function file(name: string, bytes: Uint8Array) {
  await writeFile(join(folder, name), bytes);
  return { source: `file:${name}`, sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
}

/** The default model with files of a few kilobytes: what becomes of graphs is asked, and not of which. */
function withFiles(files: Partial<Record<"encoder" | "decoder", Awaited<ReturnType<typeof file>>>>): Manifest {
  const [entry] = manifest.entries;
  const { size, grid } = windowEncoder;
  const tensors = {
    encoder: { input: "input", output: "output", dims: [1, 8, grid, grid] },
    decoder: { maskGrid: 256 },
  };
  const preprocess = { ...entry?.preprocess, size };
  const model = { ...entry, files: { ...entry?.files, ...files }, tensors, preprocess };
  return new Manifest({ default: manifest.defaultId, models: [model] }, folder);
}

function plainGraph(): Uint8Array {
  const g = new GraphBuilder("plain");
  g.output("output", g.node("Relu", [g.input("input", [1, 3, 128, 128], "")]), [1, 3, 128, 128], "");
  return g.build();
}

it("rewrites a model's graphs, proves them and keeps them; again they are cached", async () => {
  const small = withFiles({ encoder: await file("windows.onnx", windowModelGraph) });
  const first = await optimise(false, small);
  const { encoder, decoder } = first;
  expect(first).toMatchObject({
    model: manifest.defaultId,
    encoder: { kind: "rewritten", cached: false },
    decoder: { kind: "rewritten", cached: false },
  });
  expect(encoder.files.map(({ part }) => part)).toEqual(["graph", "empty"]);
  expect(decoder.files.map(({ part }) => part)).toEqual(["prefix", "step", "stepWithMask"]);
  for (const { path, bytes } of [...encoder.files, ...decoder.files]) expect((await stat(path)).size).toBe(bytes);
  expect(encoder.parity?.maxDifference).toBeLessThanOrEqual(encoderLimits.values);
  expect(encoder.parity?.cutDifference).toBeLessThanOrEqual(encoderLimits.spread);
  expect(decoder.parity?.maxLogitDifference).toBeLessThanOrEqual(parityLimits.logits);
  expect(decoder.parity?.maxScoreDifference).toBeLessThanOrEqual(parityLimits.scores);
  const cached = { encoder: { ...encoder, cached: true }, decoder: { ...decoder, cached: true } };
  expect(await optimise(false, small)).toEqual({ ...first, ...cached });
  // A record of a version that did not keep its parity is made anew.
  const kept = (await readdir(folder)).find((name) => name.startsWith("encoder-")) ?? "";
  const record = join(folder, kept, "record.json");
  const { parity: _, ...without } = JSON.parse(await readFile(record, "utf8"));
  await writeFile(record, JSON.stringify(without));
  expect(await optimise(false, small)).toMatchObject({
    encoder: { cached: false, parity: encoder.parity },
    decoder: { cached: true },
  });
}, 120_000);

it("keeps that a graph is none that it can rewrite, too; --force makes anew what is kept", async () => {
  // Each in the other's place.
  const windows = await file("windows.onnx", windowModelGraph);
  const own = withFiles({ encoder: await file("plain.onnx", plainGraph()), decoder: windows });
  const first = await optimise(false, own);
  expect(first).toMatchObject({
    encoder: { kind: "stock", cached: false, reason: expect.stringContaining("attention in windows") },
    decoder: { kind: "stock", cached: false, reason: expect.stringContaining("point_coords") },
  });
  const cached = { encoder: { ...first.encoder, cached: true }, decoder: { ...first.decoder, cached: true } };
  expect(await optimise(false, own)).toEqual({ ...first, ...cached });
  expect(await optimise(true, own)).toEqual(first);
});

it("says what it did, and why a graph is served as it is", () => {
  const made = { kind: "rewritten" as const, cached: false, files: [] };
  const encoder = {
    ...made,
    stockBytes: 28_100_000,
    parity: { passed: true, maxDifference: 3e-7, cutDifference: 0.1, passes: ["any frame"], skipped: ["other: no"] },
  };
  const decoder = {
    ...made,
    stockBytes: 16_500_000,
    files: [{ part: "step", path: "/cache/step.onnx", bytes: 22_300_000 }],
    parity: {
      passed: true,
      maxLogitDifference: 0.00012,
      maxScoreDifference: 4e-7,
      promptsOver: 0,
      signFlips: 1,
      compared: 100,
    },
  };
  expect(optimisationText({ model: "m", encoder, decoder })).toBe(
    [
      "m, encoder: rewritten now, stock graph 28.1 MB",
      "  by any frame",
      "  left out: other: no",
      "  the whole frame's embedding differs by 3.0e-7 at most (limit 0.001)",
      "  far from where a smaller frame is cut, by 0.10 of its values' spread (limit 0.4)",
      "m, decoder: rewritten now, stock graph 16.5 MB",
      "  step           22.3 MB  /cache/step.onnx",
      "  logits differ by 1.2e-4 at most (limit 0.001)",
      "  scores differ by 4.0e-7 at most (limit 0.0001)",
      "  1 of 100 logits have another sign",
    ].join("\n"),
  );
  const before = { ...encoder, cached: true };
  expect(optimisationText({ model: "m", encoder: before, decoder })).toContain("encoder: rewritten before");
  const stock = {
    kind: "stock" as const,
    cached: false,
    stockBytes: 16_500_000,
    files: [],
    reason: "it has no attention",
  };
  expect(optimisationText({ model: "m", encoder, decoder: stock })).toContain(
    "m, decoder: served as it is (16.5 MB), because it has no attention",
  );
});

it("refuses a model that the manifest does not name", async () => {
  const optimising = optimiseModel(manifest, "other", { cacheDir: folder, runtime, force: false });
  await expect(optimising).rejects.toThrow(/There is no model "other"/);
});
