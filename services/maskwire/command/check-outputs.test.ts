import { expect, it } from "vitest";
import { checkOutputs } from "./check-outputs.js";

const numbered = { areNumbered: true };

it.each([
  [{ "--out": "mask.png", "--cutout": "./mask.png" }, {}, "--cutout would write over --out"],
  [{ "--out": "photo.png" }, {}, "--out would write over the photo"],
  [{ "--cutout": "a/../photo.png" }, {}, "--cutout would write over the photo"],
  [{ "--out": "mask.png", "--cutout": "mask-2.png" }, numbered, "--cutout would write over --out"],
  [{ "--out": "mask-3.png", "--cutout": "mask.png" }, numbered, "--cutout would write over --out"],
])("refuses %j, %j", (outputs: Record<string, string>, options, sentence) => {
  expect(() => checkOutputs("photo.png", outputs, options)).toThrow(sentence);
});

it("lets apart what stays apart", () => {
  checkOutputs("photo.png", { "--out": "mask.png", "--cutout": "mask-2.png" });
  checkOutputs("photo.png", { "--out": "mask.png", "--cutout": "cut.png" }, numbered);
  checkOutputs("-", { "--out": "-.png", "--cutout": undefined }, numbered);
});
