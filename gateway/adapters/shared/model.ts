import { Code, ServiceError } from "../../../services/runtime/errors.js";
import type { Asked } from "./adapter.js";

/** The model that answers who names none. @throws ServiceError UNAVAILABLE while none is served. */
export async function usualModel({ ask, call }: Asked): Promise<{ id: string; title: string }> {
  const [usual] = await ask.listModels({}, call);
  if (usual) return usual;
  throw new ServiceError({
    code: Code.UNAVAILABLE,
    message: "No model is served yet; ask again shortly.",
    retryAfterMs: 1000,
  });
}
