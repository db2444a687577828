import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parityLimits } from "../services/decoder/rewrite/check-parity.js";
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

const optimise = () => optimiseModel(manifest, manifest.defaultId, folder, { force: false });

it("rewrites the default model, proves it and keeps it; again it is cached", async () => {
  const first = await optimise();
  expect(first).toMatchObject({ model: manifest.defaultId, kind: "rewritten", cached: false });
  expect(first.files.map(({ part }) => part)).toEqual(["prefix", "step", "stepWithMask"]);
  for (const { path, bytes } of first.files) expect((await stat(path)).size).toBe(bytes);
  expect(first.parity?.maxLogitDifference).toBeLessThanOrEqual(parityLimits.logits);
  expect(first.parity?.maxScoreDifference).toBeLessThanOrEqual(parityLimits.scores);
  expect(await optimise()).toEqual({ ...first, cached: true });
  // A record of a version that did not keep its parity is made anew.
  const record = join(folder, (await readdir(folder))[0] ?? "", "record.json");
  const { parity: _, ...without } = JSON.parse(await readFile(record, "utf8"));
  await writeFile(record, JSON.stringify(without));
  expect(await optimise()).toMatchObject({ cached: false, parity: first.parity });
}, 120_000);

it("keeps that a graph is none that it can rewrite, too; --force makes anew what is kept", async () => {
  const id = manifest.defaultId;
  const [entry] = manifest.entries;
  const models = [{ ...entry, files: { ...entry?.files, decoder: entry?.files.encoder } }];
  const own = new Manifest({ default: id, models }, manifest.folder);
  const optimise = (force: boolean) => optimiseModel(own, id, folder, { force });
  const first = await optimise(false);
  expect(first).toMatchObject({ kind: "stock", cached: false, reason: expect.stringContaining("point_coords") });
  expect(await optimise(false)).toEqual({ ...first, cached: true });
  expect(await optimise(true)).toEqual(first);
});

it("says what it did, and why a graph is served as it is", () => {
  const common = { model: "m", cached: false, stockBytes: 16_500_000, files: [] };
  const parity = {
    passed: true,
    maxLogitDifference: 0.00012,
    maxScoreDifference: 4e-7,
    promptsOver: 0,
    signFlips: 1,
    compared: 100,
  };
  const files = [{ part: "step", path: "/cache/step.onnx", bytes: 22_300_000 }];
  expect(optimisationText({ ...common, kind: "rewritten", files, parity })).toBe(
    [
      "m: rewritten now, stock graph 16.5 MB",
      "  step           22.3 MB  /cache/step.onnx",
      "  logits differ by 1.2e-4 at most (limit 0.001)",
      "  scores differ by 4.0e-7 at most (limit 0.0001)",
      "  1 of 100 logits have another sign",
    ].join("\n"),
  );
  expect(optimisationText({ ...common, kind: "rewritten", cached: true })).toContain("rewritten before");
  expect(optimisationText({ ...common, kind: "stock", reason: "it has no attention" })).toBe(
    "m: served as it is (16.5 MB), because it has no attention",
  );
});

it("refuses a model that the manifest does not name", async () => {
  await expect(optimiseModel(manifest, "other", folder, { force: false })).rejects.toThrow(/There is no model "other"/);
});
