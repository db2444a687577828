import type { Caller } from "../../services/runtime/callers/caller.js";
import type { Principal } from "../../services/runtime/callers/principal.js";

/** Who asks at the gateway: what they may do, and whom their shares and rates count against. */
export interface Visitor {
  readonly principal: Principal;
  readonly caller: Caller;
}
