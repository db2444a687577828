import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parityLimits } from "../services/decoder/rewrite/check-parity.js";
import { encoderLimits } from "../services/encoder/rewrite/check-encoder.js";
import { Manifest } from "../services/inference/models/manifest.js";
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
const optimise = (force = false, of = manifest) =>
  optimiseModel(of, manifest.defaultId, { cacheDir: folder, runtime, force });

it("rewrites the default model's graphs, proves them and keeps them; again they are cached", async () => {
  const first = await optimise();
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
  expect(await optimise()).toEqual({ ...first, ...cached });
  // A record of a version that did not keep its parity is made anew.
  const kept = (await readdir(folder)).find((name) => name.startsWith("decoder-")) ?? "";
  const record = join(folder, kept, "record.json");
  const { parity: _, ...without } = JSON.parse(await readFile(record, "utf8"));
  await writeFile(record, JSON.stringify(without));
  expect(await optimise()).toMatchObject({
    encoder: { cached: true },
    decoder: { cached: false, parity: decoder.parity },
  });
}, 120_000);

it("keeps that a graph is none that it can rewrite, too; --force makes anew what is kept", async () => {
  const [entry] = manifest.entries;
  const models = [{ ...entry, files: { encoder: entry?.files.decoder, decoder: entry?.files.encoder } }];
  const own = new Manifest({ default: manifest.defaultId, models }, manifest.folder);
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
