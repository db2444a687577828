import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { CropSchema } from "../../proto/index.js";
import { Code } from "../runtime/errors.js";
import { embeddingRef } from "./models/embedding-ref.js";
import { Manifest } from "./models/manifest.js";
import { Models } from "./models/models.js";
import { requestedEmbedding } from "./requested-embedding.js";

const models = new Models(Manifest.read());
const model = models.serving("");
const imageId = `sha256:${"ab".repeat(32)}`;
const region = { x: 1, y: 2, width: 3, height: 4 };

it("is of the picture, of the model that is meant, and of the part", () => {
  for (const name of ["", model.id]) {
    expect(requestedEmbedding(models, { imageId: imageId.toUpperCase(), model: name }, {})).toEqual(
      embeddingRef({ tenant: undefined, imageId, model }),
    );
  }
  expect(requestedEmbedding(models, { imageId, model: "", crop: create(CropSchema, region) }, {})).toEqual(
    embeddingRef({ tenant: undefined, imageId, model, crop: region }),
  );
});

it("is of the tenant for whom it is asked", () => {
  expect(requestedEmbedding(models, { imageId, model: "" }, { tenant: "acme" })).toEqual(
    embeddingRef({ tenant: "acme", imageId, model }),
  );
});

it.each<[string, object]>([
  ["no picture", { imageId: "cat" }],
  ["a model that is not served", { model: "other" }],
  ["half a part", { crop: create(CropSchema, { x: 1, y: 2 }) }],
])("is refused for %s", (_name, change) => {
  expect(() => requestedEmbedding(models, { imageId, model: "", ...change }, {})).toThrow(
    expect.objectContaining({ code: Code.INVALID_ARGUMENT }),
  );
});
