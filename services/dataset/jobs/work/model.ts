import { Code, invalidArgument, ServiceError } from "../../../runtime/errors.js";
import type { Engine, EngineModel } from "../engine.js";

/**
 * The one that is asked for; without a name the usual one.
 * @throws ServiceError INVALID_ARGUMENT when nobody serves it; UNAVAILABLE while somebody may who has not been reached, as after a start or under
 *   load: it is waited for, and no other model takes its place.
 */
export async function modelOf(engine: Engine, id: string): Promise<EngineModel> {
  const { known, areAll } = await engine.models();
  const model = known.find((one) => (id === "" ? one.usual : one.id === id));
  if (model) return model;
  if (!areAll) throw unreached();
  const other = id === "" ? known[0] : undefined;
  if (other) return other;
  throw invalidArgument(
    `There is no model "${id.slice(0, 80)}" here; there are ${known.map((one) => one.id).join(", ")}.`,
  );
}

function unreached(): ServiceError {
  const message = "Not every server of the model's has been reached yet; the job goes on when they are.";
  return new ServiceError({ code: Code.UNAVAILABLE, message });
}
