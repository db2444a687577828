import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Code } from "../../runtime/errors.js";
import { projectRoot } from "../../runtime/project-root.js";
import { digestOfAll } from "../families/weights-of.js";
import { Manifest, ManifestError } from "./manifest.js";
import { type ManifestEntry, manifestSchema } from "./manifest-form.js";
import { publishedSchema } from "./testing/published-schema.js";

const shipped = Manifest.read();
const model = shipped.get(shipped.defaultId);
const [entry] = shipped.entries as [ManifestEntry];
const data = { default: model.id, models: [entry] as unknown[] };

const acceptsBySchema = publishedSchema();
const sha256 = "ab".repeat(32);
const fetched = (source: string, changes: object = {}) => ({ source, sha256, bytes: 1, ...changes });
const withFiles = (files: object, changes: object = {}) => ({
  ...entry,
  ...changes,
  files: { ...entry.files, ...files },
});
const withPreprocess = (changes: object) => ({ ...entry, preprocess: { ...entry.preprocess, ...changes } });

it("reads the manifest that is shipped, with its default", () => {
  const manifest = new Manifest(data, "/");
  expect(manifest.models).toEqual([model]);
  expect(model).toMatchObject({
    kind: "segmenter",
    needsConsent: false,
    capabilities: { points: "all", boxes: true, candidates: 3, text: false },
    encoder: { ...entry.files.encoder, input: "input", outputs: [{ name: "output", dims: [1, 256, 64, 64] }] },
    decoder: { ...entry.files.decoder, inputs: { points: "point_coords" }, maskGrid: 256 },
  });
});

it("publishes its schema", () => {
  const published = readFileSync(join(projectRoot, "models", "manifest.schema.json"), "utf8");
  expect(JSON.parse(published), "npm run -s models -- schema > models/manifest.schema.json").toEqual(manifestSchema());
});

it("names the models there are when there is no such model", () => {
  expect(() => shipped.get("x".repeat(500))).toThrow(expect.objectContaining({ code: Code.INVALID_ARGUMENT }));
  expect(() => shipped.get("nothing")).toThrow(`There is no model "nothing"; there is ${shipped.models[0]?.id}`);
});

describe("refuses a manifest that is malformed, and says where", () => {
  const malformed: [string, object, RegExp][] = [
    ["no models", { models: [] }, /models/],
    [
      "a digest that is none",
      { models: [withFiles({ decoder: fetched("file:x", { sha256: "abc" }) })] },
      /64 hex digits/,
    ],
    ["another source", { models: [withFiles({ decoder: fetched("ftp://x") })] }, /files\.decoder\.source/],
    [
      "a source without encryption",
      { models: [withFiles({ decoder: fetched("http://x/y.onnx") })] },
      /decoder\.source/,
    ],
    ["a package of no version", { models: [withFiles({ decoder: fetched("npm:a/b.onnx") })] }, /decoder\.source/],
    [
      "a package of any version",
      { models: [withFiles({ decoder: fetched("npm:a@^1.0.0/b.onnx") })] },
      /decoder\.source/,
    ],
    ["a role that its family does not have", { models: [withFiles({ text: fetched("file:x") })] }, /"text"/],
    ["no decoder", { models: [withFiles({ decoder: undefined })] }, /models\[0\]\.files\.decoder/],
    ["a word that is none", { models: [{ ...entry, capabilites: {} }] }, /"capabilites"/],
    ["another family", { models: [{ ...entry, family: "sam9" }] }, /models\[0\]\.family/],
    ["another resize", { models: [withPreprocess({ resize: "crop" })] }, /preprocess\.resize/],
    ["an encoder without names", { models: [{ ...entry, tensors: {} }] }, /models\[0\]\.tensors\.encoder/],
    ["an id with a space", { models: [{ ...entry, id: "a b" }] }, /models\[0\]\.id/],
    ["a variant without a name", { models: [{ ...entry, variants: { "": { files: {} } } }] }, /models\[0\]\.variants/],
  ];

  it.each(malformed)("%s", (_name, change, message) => {
    expect(() => new Manifest({ ...data, ...change }, "/")).toThrow(message);
  });

  it.each(malformed)("%s, by the schema too", (_name, change) => {
    expect(acceptsBySchema({ ...data, ...change })).toBe(false);
  });

  it.each<[string, object, RegExp]>([
    ["an unknown default", { default: "other" }, /default "other"/],
    ["a model twice", { models: [entry, entry] }, /two models "mobilesam"/],
    [
      "features that are no square",
      { models: [{ ...entry, tensors: { encoder: { input: "i", output: "o", dims: [1, 256, 64, 32] } } }] },
      /models\[0\]\.tensors\.encoder\.dims[\s\S]*|\[1, channels, side, side\]/,
    ],
    [
      "a fetched file without a name",
      { models: [withFiles({ decoder: fetched("https://example.com/a/?x=y.onnx") })] },
      /ends with a file's name/,
    ],
    [
      "a default that somebody has to accept",
      { models: [{ ...entry, licence: "LicenseRef-SAM" }] },
      /default "mobilesam" is under a licence that somebody has to accept \(LicenseRef-SAM\)/,
    ],
  ])("%s", (_name, change, message) => {
    expect(() => new Manifest({ ...data, ...change }, "/")).toThrow(message);
  });
});

describe("an entry", () => {
  const other = { ...entry, id: "other" };
  const read = (...models: unknown[]) => new Manifest({ ...data, models: [entry, ...models] }, "/models", "/pulled");

  it("is taken by the published schema, with all that it may say", () => {
    const whole = {
      ...other,
      licenceUrl: "https://example.com/licence",
      needsConsent: false,
      tensors: { encoder: { input: "x", output: "y", dims: [1, 8, 4, 4] }, decoder: { points: "xy", maskGrid: 16 } },
      capabilities: { boxes: false },
      variants: { int8: { title: "Other, int8", files: { encoder: fetched("npm:@a/b-c@1.0.6-rc.1/models/e.onnx") } } },
    };
    for (const models of [[entry], [whole]]) {
      const file = { $schema: "x", default: model.id, models };
      expect(acceptsBySchema(file)).toBe(true);
      expect(() => read(...models.filter((one) => one !== entry))).not.toThrow();
    }
    expect(acceptsBySchema({ models: [entry] })).toBe(true);
  });

  it("may do less than its family, and call its tensors otherwise", () => {
    const capabilities = { boxes: false, candidates: 1 };
    const tensors = { encoder: { input: "x", output: "y" }, decoder: { labels: "kinds" } };
    expect(read({ ...other, capabilities, tensors }).get("other")).toMatchObject({
      capabilities: { ...model.capabilities, ...capabilities },
      encoder: { input: "x", outputs: [{ name: "y" }] },
      decoder: { inputs: { ...model.decoder.inputs, labels: "kinds" } },
    });
  });

  it.each<[string, object, boolean]>([
    ["Apache-2.0", {}, false],
    ["(MIT AND Apache-2.0) OR BSD-3-Clause", {}, false],
    ["MIT OR GPL-3.0-only", {}, true],
    ["LicenseRef-SAM", {}, true],
    ["LicenseRef-SAM", { needsConsent: false }, false],
    ["MIT", { needsConsent: true }, true],
  ])("under %s, saying %j: somebody has to accept it is %s", (licence, changes, needsConsent) => {
    expect(read({ ...other, licence, ...changes }).get("other").needsConsent).toBe(needsConsent);
  });

  it("has variants, which are models with other files", () => {
    const int8 = fetched("https://example.com/a/small.onnx?download=true");
    const manifest = read({
      ...other,
      title: "Other",
      variants: { int8: { files: { encoder: int8 } }, "4": { files: {} } },
    });
    expect(manifest.models.map(({ id, title }) => [id, title]).slice(1)).toEqual([
      ["other", "Other"],
      ["other@4", "Other, 4"],
      ["other@int8", "Other, int8"],
    ]);
    expect(manifest.get("other@int8")).toMatchObject({ encoder: { ...int8, input: "input" }, decoder: model.decoder });
    expect(manifest.get("other").encoder).toEqual(model.encoder);
  });

  it("has places for what is fetched: by digest, and what a graph names beside the graph", () => {
    const files = {
      encoder: fetched("https://example.com/a/encoder.onnx?download=true"),
      encoderData: fetched("https://example.com/b/encoder.onnx_data", { sha256: "cd".repeat(32) }),
      decoder: fetched("npm:@a/b@1.0.0/dist/decoder.onnx", { sha256: "ef".repeat(32) }),
    };
    // As many a graph is the same with other weights.
    const together = digestOfAll([files.encoder, files.encoderData]).slice(0, 16);
    const { files: placed, encoder } = read({ ...withFiles(files), id: "other" }).get("other");
    expect(Object.entries(placed).map(([role, { pulledAs }]) => [role, pulledAs])).toEqual([
      ["encoder", `${together}/encoder.onnx`],
      ["decoder", "efefefefefefefef/decoder.onnx"],
      ["encoderData", `${together}/encoder.onnx_data`],
    ]);
    expect(together).not.toBe(sha256.slice(0, 16));
    expect(encoder.pulledAs).toBe(placed.encoder?.pulledAs);
    expect(model.encoder.pulledAs).toBeUndefined();
  });
});

describe("a file of somebody's own models", () => {
  const folder = mkdtempSync(join(tmpdir(), "maskwire-models-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "own.json");
  const write = (own: unknown) => {
    writeFileSync(path, typeof own === "string" ? own : JSON.stringify(own));
    return path;
  };
  const mine = {
    ...withFiles({ decoder: { ...entry.files.decoder, source: "file:mine.onnx" } }),
    id: "mine",
    variants: { half: { files: { encoder: fetched("file:half/e.onnx") } } },
  };

  it("adds its models, whose files lie beside it, to those that are shipped", () => {
    const both = shipped.withOwn(write({ models: [mine] }));
    expect(both.models.map(({ id }) => id)).toEqual([...shipped.models.map(({ id }) => id), "mine", "mine@half"]);
    expect(both.get("mine").decoder.source).toBe(`file:${join(folder, "mine.onnx")}`);
    expect(both.get("mine").encoder).toEqual(model.encoder);
    expect(both.get("mine@half").encoder.source).toBe(`file:${join(folder, "half/e.onnx")}`);
    expect(both.defaultId).toBe(shipped.defaultId);
  });

  it("may name another default", () => {
    expect(shipped.withOwn(write({ default: "mine", models: [mine] })).defaultId).toBe("mine");
  });

  it.each<[string, unknown, RegExp]>([
    ["is no JSON", "{", /own\.json cannot be read as JSON/],
    ["has no models", {}, /own\.json is malformed[\s\S]*models/],
    ["has a model of the same name", { models: [entry] }, /own\.json: .*two models "mobilesam"/],
    ["names a default that is nowhere", { default: "x", models: [mine] }, /own\.json: .*default "x"/],
  ])("is refused by its name when it %s", (_name, own, message) => {
    expect(() => shipped.withOwn(write(own))).toThrow(message);
    expect(() => shipped.withOwn(path)).toThrow(ManifestError);
  });

  it("is refused by its name when it is not there", () => {
    expect(() => shipped.withOwn(join(folder, "none.json"))).toThrow(/none\.json cannot be read/);
  });
});
