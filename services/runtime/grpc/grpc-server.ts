import { Server } from "@grpc/grpc-js";
import { guardStreams } from "./guard-streams.js";
import { defaultHttp2Limits, type Http2Limits } from "./http2-door.js";

interface GrpcServerOptions extends Partial<Pick<Http2Limits, "streams" | "idleMs" | "pingMs">> {
  /** The largest message that the caller of a method may send, by the method's path. */
  requestBytes?: (path: string) => number;
  /** How long a request of one message may take to come, from its headers to its last byte. */
  requestMs?: number;
  /** Before its first request has come, a peer that sends nothing for so long is given up. */
  silentMs?: number;
}

const MiB = 1024 * 1024;

/** A gRPC server whose peers may be anybody. */
export function createGrpcServer({
  requestBytes = () => 4 * MiB,
  streams = defaultHttp2Limits.streams,
  idleMs = defaultHttp2Limits.idleMs,
  pingMs = defaultHttp2Limits.pingMs,
  requestMs = 30_000,
  silentMs = 5000,
}: GrpcServerOptions = {}): Server {
  const server = new Server({
    "grpc.max_concurrent_streams": streams,
    "grpc.max_connection_idle_ms": idleMs,
    // Nor is one kept for its calls when its peer went without a word, or after a mistake that ended its HTTP/2.
    "grpc.keepalive_time_ms": pingMs,
    "grpc.keepalive_timeout_ms": pingMs,
    // What one connection may have queued and open, in MB; without it there is no bound at all.
    "grpc-node.max_session_memory": 256,
    // Counts of every message for a debugging service that nobody serves.
    "grpc.enable_channelz": 0,
  });
  guardStreams(server, { requestBytes, requestMs, silentMs });
  return server;
}
