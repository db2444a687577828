import { describe, expect, it } from "vitest";
import { Code } from "../errors.js";
import { Manifest } from "./manifest.js";

const shipped = Manifest.read();
const model = shipped.get(shipped.defaultId);
const data = { default: model.id, models: [model] as unknown[] };

it("reads the manifest that is shipped, with its default", () => {
  expect(shipped.get(shipped.defaultId).encoder.outputs.length).toBeGreaterThan(0);
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
    ["an id with a space", { models: [{ ...model, id: "a b" }] }, /models\[0\]\.id/],
  ])("%s", (_name, change, message) => {
    expect(() => new Manifest({ ...data, ...change }, "/")).toThrow(message);
  });
});
