import type { Model } from "../../../proto/index.js";
import { Code, ServiceError } from "../../../services/runtime/errors.js";
import type { Asked } from "./adapter.js";

/** The models that can be asked, the usual one first. @throws ServiceError UNAVAILABLE while there is none. */
export async function servedModels({ ask, call }: Asked): Promise<[Model, ...Model[]]> {
  const [usual, ...others] = await ask.listModels({}, call);
  if (usual) return [usual, ...others];
  const message = "No model is served yet; ask again shortly.";
  throw new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs: 1000 });
}

/** The model that answers who names none. @throws as `servedModels`. */
export async function usualModel(asked: Asked): Promise<Model> {
  const [usual] = await servedModels(asked);
  return usual;
}
