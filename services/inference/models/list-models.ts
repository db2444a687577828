import type { MessageInitShape } from "@bufbuild/protobuf";
import { type ListModelsResponseSchema, ModelPoints } from "../../../proto/index.js";
import type { Models } from "./models.js";

const points = { none: ModelPoints.NONE, positive: ModelPoints.POSITIVE, all: ModelPoints.ALL };

/** The models that a tier serves, for whoever asks it. */
export function listModels({
  served,
  standard,
}: Models): () => Promise<MessageInitShape<typeof ListModelsResponseSchema>> {
  const models = served.map(({ id, title, licence, capabilities }) => ({
    id,
    title,
    licence,
    usual: id === standard?.id,
    capabilities: {
      points: points[capabilities.points],
      boxes: capabilities.boxes,
      maskInput: capabilities.maskInput,
      candidates: capabilities.candidates,
      maxPoints: capabilities.maxPoints ?? 0,
    },
  }));
  return async () => ({ models });
}
