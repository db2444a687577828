import type { StartJobRequest } from "../../../proto/index.js";
import { anyone } from "../../runtime/callers/principal.js";
import { toStarterLimits } from "../../runtime/callers/starter-limits.js";
import type { CallContext } from "../../runtime/grpc/serve.js";

/** A request to start a job with the limits of whoever starts it: a gateway has said them, everybody else's are known here. */
export const withStarterLimits = (
  request: StartJobRequest,
  { principal }: Pick<CallContext, "principal">,
): StartJobRequest =>
  principal === anyone || principal.scopes.has("peer") ? request : { ...request, limits: toStarterLimits(principal) };
