import { Metadata, type ServiceError as RpcError, type StatusObject } from "@grpc/grpc-js";
import { Code, describeError, internalMessage, type Reason, ServiceError } from "../errors.js";

/** gRPC's own trailer for "repeat after so many milliseconds" (gRPC A6). */
const pushback = "grpc-retry-pushback-ms";
const reasonTrailer = "maskwire-reason";

/** An error as the status that ends a call. */
export function toStatus(error: unknown): Partial<StatusObject> & { code: Code } {
  const { code, message, retryAfterMs, reason } = describeError(error);
  const metadata = new Metadata();
  if (retryAfterMs !== undefined) metadata.set(pushback, String(retryAfterMs));
  if (reason !== undefined) metadata.set(reasonTrailer, reason);
  return { code, details: message, metadata };
}

/** Codes that no sentence for people goes with. */
const ours: ReadonlySet<Code> = new Set([Code.INTERNAL, Code.UNKNOWN, Code.DATA_LOSS]);

/** When a peer that cannot be reached is worth another try. */
const lostRetryMs = 1000;

/** The connection to the peer failed, or could not be made: it says nothing about the request. */
export class PeerLostError extends ServiceError {
  /** The request may have reached the peer before it was lost. */
  readonly wasUnderWay: boolean;

  constructor(cause: RpcError) {
    const message = "The server cannot be reached; try again shortly.";
    super({ code: Code.UNAVAILABLE, message, retryAfterMs: lostRetryMs, cause });
    this.wasUnderWay = !cause.details.startsWith("No connection established");
  }
}

/**
 * A failed call as our own error, with the peer's sentence, retry hint and reason.
 * @param isOurs the caller cancelled the call itself.
 */
export function fromRpcError(error: RpcError, isOurs = false): ServiceError {
  const hint = Number(error.metadata?.get(pushback)[0] ?? Number.NaN);
  const reason = error.metadata?.get(reasonTrailer)[0];
  // A stopping server resets its streams, which gRPC reports as cancelled although nobody here did. What our own services
  // say of themselves carries a hint or a reason; without either it is the library's text, with addresses that are nobody's business.
  const isLost =
    (error.code === Code.CANCELLED && !isOurs) ||
    (error.code === Code.UNAVAILABLE && Number.isNaN(hint) && reason === undefined) ||
    // A connection that another call's answer was too much for.
    (error.code === Code.INTERNAL && error.details.includes("triggered by internal client error"));
  if (isLost) return new PeerLostError(error);
  if (error.code === Code.DEADLINE_EXCEEDED) {
    return new ServiceError({ code: error.code, message: "The answer took too long.", cause: error });
  }
  return new ServiceError({
    code: error.code,
    // Of faults inside, libraries on both sides tell in words that are for the log.
    message: ours.has(error.code) ? internalMessage : error.details || "The request failed.",
    cause: error,
    ...(Number.isFinite(hint) ? { retryAfterMs: hint } : {}),
    ...(typeof reason === "string" ? { reason: reason as Reason } : {}),
  });
}
