import { expect, it } from "vitest";
import { Code } from "../../runtime/errors.js";
import { Manifest } from "./manifest.js";
import { Models } from "./models.js";

const shipped = Manifest.read();
const model = shipped.get(shipped.defaultId);
const entry = shipped.entries.find(({ id }) => id === model.id)!;
const manifest = new Manifest({ default: model.id, models: [entry, { ...entry, id: "other" }] }, shipped.folder);

it("serves the manifest's default, or the one that the settings name, by its name and by none", () => {
  for (const [models, id] of [
    [new Models(manifest), model.id],
    [new Models(manifest, { chosen: "other" }), "other"],
  ] as const) {
    expect(models.serving("").id).toBe(id);
    expect(models.serving(id).id).toBe(id);
    expect(models.served.map((one) => one.id)).toEqual([id]);
  }
});

it("refuses another, also of the manifest, and names what is served", () => {
  const models = new Models(manifest);
  for (const id of ["other", "nothing"]) {
    expect(() => models.serving(id)).toThrow(
      expect.objectContaining({
        code: Code.INVALID_ARGUMENT,
        message: `The model "${id}" is not served here; ${model.id} is.`,
      }),
    );
  }
  expect(() => models.serving("x".repeat(500))).toThrow(/^The model "x{80}" is/);
});

it("encodes the frame that is wanted where the encoder can, else the full one", () => {
  const { preprocess } = entry;
  const whole = { ...entry, id: "whole", preprocess: { ...preprocess, frames: ["full" as const] } };
  const both = new Manifest({ default: model.id, models: [entry, whole] }, shipped.folder);
  const frameOf = (id: string, frame: "picture" | "full") =>
    new Models(both, { chosen: id, frame }).serving("").preprocess.frame;
  expect([frameOf(model.id, "picture"), frameOf(model.id, "full")]).toEqual(["picture", "full"]);
  expect([frameOf("whole", "picture"), frameOf("whole", "full")]).toEqual(["full", "full"]);
});

it("is not made of a choice that the manifest lacks", () => {
  expect(() => new Models(manifest, { chosen: "nothing" })).toThrow(
    `There is no model "nothing"; there is ${model.id}, other.`,
  );
});

it("serves several, some of which are loaded when they are asked for first", () => {
  const served = [
    { id: "other", isLazy: false },
    { id: model.id, isLazy: true },
  ];
  const both = new Models(manifest, { served });
  expect(both.served.map((one) => [one.id, both.isLazy(one)])).toEqual([
    ["other", false],
    [model.id, true],
  ]);
  expect(both.serving("").id).toBe("other");
  expect(new Models(manifest, { served, chosen: model.id }).serving("").id).toBe(model.id);
  expect(() => both.serving("nothing")).toThrow(`The model "nothing" is not served here; other, ${model.id} are.`);
});

it("has no usual one where that is served by others", () => {
  const models = new Models(manifest, { chosen: model.id, served: [{ id: "other", isLazy: false }] });
  expect(models.standard).toBeUndefined();
  expect(() => models.serving("")).toThrow("Name a model: none is the usual one here; other is served.");
});
