import type { Models } from "./models.js";
import type { PreparedModels } from "./prepared-models.js";

/** `idle`: it is loaded when it is asked for. */
type ServedState = "loaded" | "loading" | "idle" | "failed";

/** What a tier has of the models that it serves: their states, and what the first worker that has one says of it. */
export function describeModels(
  { served }: Pick<Models, "served">,
  prepared: Pick<PreparedModels<unknown>, "stateOf"> | undefined,
  workers: readonly Record<string, object>[],
): Record<string, object> {
  return Object.fromEntries(
    served.map((model) => {
      const detail = workers.find((loaded) => loaded[model.id])?.[model.id];
      const state: ServedState = detail ? "loaded" : stateOf(prepared?.stateOf(model));
      return [model.id, { state, ...detail }];
    }),
  );
}

function stateOf(prepared: ReturnType<PreparedModels<unknown>["stateOf"]> | undefined): ServedState {
  if (prepared === "failed") return "failed";
  return prepared === undefined || prepared === "preparing" ? "loading" : "idle";
}
