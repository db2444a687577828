import type { MessageInitShape } from "@bufbuild/protobuf";
import { type ListModelsResponseSchema, type ModelCapabilitiesSchema, ModelPoints } from "../../../proto/index.js";
import { bankReach } from "../../sam/track/memory/bank.js";
import type { ModelSpec } from "../families/model-spec.js";
import type { Models } from "./models.js";

const pointsMessage = { none: ModelPoints.NONE, positive: ModelPoints.POSITIVE, all: ModelPoints.ALL };

/** The models that a tier serves, for whoever asks it. */
export function listModels({
  served,
  standard,
}: Models): () => Promise<MessageInitShape<typeof ListModelsResponseSchema>> {
  const models = served.map((model) => ({
    id: model.id,
    title: model.title,
    licence: model.licence,
    usual: model.id === standard?.id,
    capabilities: capabilitiesMessage(model),
  }));
  return async () => ({ models });
}

/** What a model can be asked, as the contract's. */
export function capabilitiesMessage({
  capabilities: { points, boxes, maskInput, candidates, maxPoints = 0 },
  memory,
}: Pick<ModelSpec, "capabilities" | "memory">): MessageInitShape<typeof ModelCapabilitiesSchema> {
  return {
    points: pointsMessage[points],
    boxes,
    maskInput,
    candidates,
    maxPoints,
    ...(memory ? { memory: { shownFrames: bankReach.shown, madeFrames: bankReach.made } } : {}),
  };
}
