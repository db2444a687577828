import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Code } from "../../runtime/errors.js";
import { Manifest, ManifestError } from "./manifest.js";

const shipped = Manifest.read();
const model = shipped.get(shipped.defaultId);
const { inputs: _, ...file } = model.decoder;
const data = { default: model.id, models: [model] as unknown[] };

it("reads the manifest that is shipped, with its default", () => {
  expect(new Manifest(data, "/").models).toEqual([model]);
});

it("names the models there are when there is no such model", () => {
  expect(() => shipped.get("x".repeat(500))).toThrow(expect.objectContaining({ code: Code.INVALID_ARGUMENT }));
  expect(() => shipped.get("nothing")).toThrow(`There is no model "nothing"; there is ${shipped.models[0]?.id}`);
});

describe("refuses a manifest that is malformed, and says where", () => {
  it.each<[string, object, RegExp]>([
    ["no models", { models: [] }, /models/],
    ["an unknown default", { default: "other" }, /default "other"/],
    [
      "a digest that is none",
      { models: [{ ...model, decoder: { ...model.decoder, sha256: "abc" } }] },
      /64 hex digits/,
    ],
    ["another source", { models: [{ ...model, decoder: { ...model.decoder, source: "ftp://x" } }] }, /decoder\.source/],
    ["a model twice", { models: [model, model] }, /two models "mobilesam"/],
    [
      "an embedding without the picture's features",
      { models: [{ ...model, encoder: { ...model.encoder, outputs: [] } }] },
      /models\[0\]\.encoder\.outputs/,
    ],
    [
      "features that are no square",
      {
        models: [
          {
            ...model,
            encoder: { ...model.encoder, outputs: [{ name: "output", role: "image", dims: [1, 256, 64, 32] }] },
          },
        ],
      },
      /one output of the role "image", \[1, channels, side, side\]/,
    ],
    ["a decoder without names", { models: [{ ...model, decoder: file }] }, /models\[0\]\.decoder\.inputs/],
    ["an id with a space", { models: [{ ...model, id: "a b" }] }, /models\[0\]\.id/],
  ])("%s", (_name, change, message) => {
    expect(() => new Manifest({ ...data, ...change }, "/")).toThrow(message);
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
  const mine = { ...model, id: "mine", decoder: { ...model.decoder, source: "file:mine.onnx" } };

  it("adds its models, whose files lie beside it, to those that are shipped", () => {
    const both = shipped.withOwn(write({ models: [mine] }));
    expect(both.models.map(({ id }) => id)).toEqual([...shipped.models.map(({ id }) => id), "mine"]);
    expect(both.get("mine").decoder.source).toBe(`file:${join(folder, "mine.onnx")}`);
    expect(both.get("mine").encoder).toEqual(model.encoder);
    expect(both.defaultId).toBe(shipped.defaultId);
  });

  it("may name another default", () => {
    expect(shipped.withOwn(write({ default: "mine", models: [mine] })).defaultId).toBe("mine");
  });

  it.each<[string, unknown, RegExp]>([
    ["is no JSON", "{", /own\.json cannot be read as JSON/],
    ["has no models", {}, /own\.json is malformed[\s\S]*models/],
    ["has a model of the same name", { models: [model] }, /own\.json: .*two models "mobilesam"/],
    ["names a default that is nowhere", { default: "x", models: [mine] }, /own\.json: .*default "x"/],
  ])("is refused by its name when it %s", (_name, own, message) => {
    expect(() => shipped.withOwn(write(own))).toThrow(message);
    expect(() => shipped.withOwn(path)).toThrow(ManifestError);
  });

  it("is refused by its name when it is not there", () => {
    expect(() => shipped.withOwn(join(folder, "none.json"))).toThrow(/none\.json cannot be read/);
  });
});
