import type { Origin } from "../tracing/origin.js";

/**
 * A piece of work on its way. It goes beside the request through every layer, and over the wire to whoever is asked; what else
 * holds for the whole way, such as whose pictures may be seen, belongs in it.
 */
export interface Call {
  /** Aborts when nobody waits for the answer any more: who asked has left, or the time is over. */
  readonly signal: AbortSignal;
  /** Whom it is for: told to every peer that is asked, and the trace that its spans are part of. */
  readonly origin?: Origin | undefined;
}
