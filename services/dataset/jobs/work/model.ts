import { invalidArgument } from "../../../runtime/errors.js";
import type { Engine, EngineModel } from "../engine.js";

/** The one that is asked for; without a name the usual one. @throws ServiceError INVALID_ARGUMENT when it is not served. */
export async function modelOf(engine: Engine, id: string): Promise<EngineModel> {
  const models = await engine.models();
  const model = models.find((one) => (id === "" ? one.usual : one.id === id)) ?? (id === "" ? models[0] : undefined);
  if (model) return model;
  throw invalidArgument(
    `There is no model "${id.slice(0, 80)}" here; there are ${models.map((one) => one.id).join(", ")}.`,
  );
}
