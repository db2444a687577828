import { invalidArgument } from "../../runtime/errors.js";
import type { Manifest, ModelSpec } from "./manifest.js";

/**
 * The model that a request names. A process serves one of the manifest's, which an empty name means.
 * @param chosen the one that the settings name; the manifest's default when they name none.
 * @throws ServiceError INVALID_ARGUMENT when the request names another.
 */
export function servedModel(manifest: Manifest, chosen: string | undefined, named: string): ModelSpec {
  const served = manifest.get(chosen ?? manifest.defaultId);
  if (named === "" || named === served.id) return served;
  throw invalidArgument(`The model "${named.slice(0, 80)}" is not served here; ${served.id} is.`);
}
