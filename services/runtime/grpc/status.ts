import { Metadata, type ServiceError as RpcError, type StatusObject } from "@grpc/grpc-js";
import { type Code, describeError, type Reason, ServiceError } from "../errors.js";

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

/** A failed call as our own error, with the peer's sentence, retry hint and reason. */
export function fromRpcError(error: RpcError): ServiceError {
  const hint = Number(error.metadata?.get(pushback)[0] ?? Number.NaN);
  const reason = error.metadata?.get(reasonTrailer)[0];
  return new ServiceError({
    code: error.code,
    message: error.details || error.message,
    cause: error,
    ...(Number.isFinite(hint) ? { retryAfterMs: hint } : {}),
    ...(typeof reason === "string" ? { reason: reason as Reason } : {}),
  });
}
