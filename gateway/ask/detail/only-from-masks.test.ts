import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { EncodeReadySchema, ModelSchema } from "../../../proto/index.js";
import { NoMaskInputError } from "./no-mask-input-error.js";
import { onlyFromMasks } from "./only-from-masks.js";
import { outcomeOf } from "./outcome-of.js";

type ModelInit = Exclude<MessageInitShape<typeof ModelSchema>, { $typeName: string }>;

const models = (
  [
    { id: "plain", usual: true, capabilities: { maskInput: false } },
    { id: "full", capabilities: { maskInput: true } },
    { id: "older" },
  ] satisfies ModelInit[]
).map((model) => create(ModelSchema, model));

it.each<[string, string, number]>([
  ["the usual one, without a mask input", "", 0],
  ["one without, by its name", "plain", 0],
  ["one with a mask input", "full", 1],
  ["one whose server does not say", "older", 1],
  ["one that nobody has told of", "new", 1],
])("Z10 parts for %s", async (_what, model, encodes) => {
  let encoded = 0;
  const encodePart = onlyFromMasks(
    () => models,
    async () => {
      encoded++;
      return create(EncodeReadySchema, {});
    },
  );
  const part = { imageId: "i", model, crop: { x: 0, y: 0, width: 1, height: 1 } };
  const work = encodePart(part, { signal: new AbortController().signal });
  if (encodes > 0) await work;
  else await expect(work).rejects.toBeInstanceOf(NoMaskInputError);
  expect(encoded).toBe(encodes);
});

it("Z10 leaves the first masks, which is no failure", () => {
  expect(outcomeOf(new NoMaskInputError())).toBe("kept");
});
