import type { Metadata, ServiceError as RpcError } from "@grpc/grpc-js";
import { Code, ServiceError } from "../errors.js";
import type { ClientCalls } from "./client-calls.js";
import { fromRpcError } from "./status.js";

/** One that calls for others, and shows that it may. */
export interface Spokesman {
  /** Its key or token as it is now; undefined where it has none. */
  bearer(): string | undefined;
  /** The peer does not take it for one. The calls that it makes for others fail UNAVAILABLE, since it is no fault of theirs. */
  refused(address: string, error: ServiceError): void;
}

/** Keys that are changed are taken everywhere within seconds. */
const notTakenRetryMs = 2_000;

/** Calls that show who makes them. */
export function callsOf(spokesman: Spokesman, calls: ClientCalls): ClientCalls {
  const shown = (metadata: Metadata) => {
    const bearer = spokesman.bearer();
    if (bearer !== undefined) metadata.set("authorization", `Bearer ${bearer}`);
    return metadata;
  };
  return {
    makeUnaryRequest: (path, serialize, deserialize, request, metadata, limits, answer) =>
      calls.makeUnaryRequest(path, serialize, deserialize, request, shown(metadata), limits, answer),
    makeClientStreamRequest: (path, serialize, deserialize, metadata, limits, answer) =>
      calls.makeClientStreamRequest(path, serialize, deserialize, shown(metadata), limits, answer),
    makeServerStreamRequest: (path, serialize, deserialize, request, metadata, limits) =>
      calls.makeServerStreamRequest(path, serialize, deserialize, request, shown(metadata), limits),
    makeBidiStreamRequest: (path, serialize, deserialize, metadata, limits) =>
      calls.makeBidiStreamRequest(path, serialize, deserialize, shown(metadata), limits),
    close: () => calls.close(),
  };
}

/** A failed call of a spokesman's, as who it calls for should hear of it. */
export function explainFor(spokesman: Spokesman, address: string): typeof fromRpcError {
  return (error: RpcError, isOurs?: boolean) => {
    const told = fromRpcError(error, isOurs);
    if (told.code !== Code.UNAUTHENTICATED && told.code !== Code.PERMISSION_DENIED) return told;
    spokesman.refused(address, told);
    const message = "A server does not take this one for a gateway of its own; whoever runs it finds more in the log.";
    return new ServiceError({ code: Code.UNAVAILABLE, message, retryAfterMs: notTakenRetryMs, cause: told });
  };
}
