import { z } from "zod";
import { defaultHttp2Limits } from "./grpc/http2-door.js";
import { fixed } from "./limits/memory-plan.js";
import type { ProcessMemory } from "./limits/process-memory.js";
import { overloadDefaults } from "./overload/thresholds.js";
import { bytes, integer, MiB, text } from "./settings/forms.js";
import type { EnvOf } from "./settings/read-env.js";

const address = text("a host name or address");

/** What every process has: where it listens, what it logs, how it stops, what it lets in. */
export const variables = {
  MASKWIRE_HOST: address.describe("address to listen on"),
  MASKWIRE_PORT: integer(0, 65535).describe("the one port for HTTP, WebSocket and gRPC; 0 picks a free one"),
  MASKWIRE_ADMIN_HOST: address.describe("address to listen on for the operator: /metrics, /livez, /readyz"),
  MASKWIRE_ADMIN_PORT: z
    .union([z.literal("off"), integer(0, 65535)], "a whole number from 0 to 65535, or off")
    .describe("port for the operator; 0 picks a free one, off has none"),
  MASKWIRE_LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], "a pino level such as info or warn")
    .describe("least level that is logged"),
  MASKWIRE_AUDIT: text("off, stdout, or the path of a file").describe(
    "where the audit log goes, a JSON object a line: off, stdout, or a file, which is added to and opened anew on SIGHUP",
  ),
  MASKWIRE_STOP_MS: integer(0, 600_000).describe("time to finish what is under way on SIGTERM"),
  MASKWIRE_OVERLOAD_DELAY_MS: integer(10, 600_000).describe(
    "event-loop delay from which work is refused for a while: previews first, clicks at four times of it",
  ),
  MASKWIRE_OVERLOAD_MEMORY_PERCENT: integer(1, 100).describe(
    "share of the memory, or of the JavaScript heap, from which caches are shrunk and then work is refused",
  ),
  MASKWIRE_CONNECTIONS: integer(4, 1_000_000).describe(
    "connections at once, of HTTP, WebSockets and gRPC together, shared among the addresses that they come from; one more is closed",
  ),
  MASKWIRE_GRPC_CONNECTIONS: integer(1, 1_000_000).describe("gRPC connections at once; one more is closed"),
  MASKWIRE_GRPC_CONNECTIONS_PER_ADDRESS: integer(1, 1_000_000).describe(
    "gRPC connections at once from one address, or one IPv6 network",
  ),
  MASKWIRE_GRPC_STREAMS: integer(1, 1_000_000).describe("calls at once on one gRPC connection"),
  MASKWIRE_GRPC_IDLE_MS: integer(1000, 86_400_000).describe(
    "time after which a gRPC connection without a call is closed",
  ),
  MASKWIRE_GRPC_PING_MS: integer(1000, 86_400_000).describe(
    "silence after which a gRPC peer is pinged, and time for its answer before it is taken to be gone",
  ),
  MASKWIRE_GRPC_REFLECTION: z
    .enum(["on", "off"], "on or off")
    .describe("whether gRPC describes its services to anybody who asks, as grpcurl does"),
  MASKWIRE_MAX_IMAGE_BYTES: integer(1, 0xffff_ffff).describe("largest upload"),
  MASKWIRE_MAX_IMAGE_PIXELS: integer(1, 0xffff_ffff).describe("largest picture, width times height"),
  MASKWIRE_UPLOAD_BYTES: bytes(1024).describe(
    "bytes of uploads that may be in the process at once; one more is refused",
  ),
  MASKWIRE_UPLOAD_SILENCE_MS: integer(100, 3_600_000).describe(
    "time for which an upload's next bytes are waited for; what moves may take as long as it likes",
  ),
  MASKWIRE_UPLOAD_LEAST_RATE: integer(0, 1024 * MiB).describe(
    "bytes a second below which an upload counts as silent, on average over that time",
  ),
  MASKWIRE_EVERYTHING_MS: integer(100, 86_400_000).describe(
    "longest time for one picture in everything mode: at a decoder all of it, at a gateway until it begins",
  ),
} as const;

type Env = EnvOf<typeof variables>;

/** Beside the main port, and free where that is picked. */
const adminPortOf = (port: number) => (port === 0 ? 0 : port <= 64_535 ? port + 1000 : port - 1000);

/** What it takes of its memory. @param heapShare for JavaScript's heap; V8 itself takes half of a small machine. */
export const memory = (env: Env, { limitBytes, heapLimitBytes }: ProcessMemory, heapShare: number) => ({
  heap: fixed(Math.min(heapLimitBytes, limitBytes * heapShare)),
  uploads: fixed(limitBytes / 8, env.MASKWIRE_UPLOAD_BYTES),
});

/** @param usualPort where nothing else is said. @param sizes as planned from `memory`. */
export function shape(env: Env, usualPort: number, sizes: Record<keyof ReturnType<typeof memory>, number>) {
  const host = env.MASKWIRE_HOST ?? "127.0.0.1";
  const port = env.MASKWIRE_PORT ?? usualPort;
  const adminPort = env.MASKWIRE_ADMIN_PORT ?? adminPortOf(port);
  return {
    host,
    port,
    /** The operator's port; undefined without one. */
    admin: adminPort === "off" ? undefined : { host: env.MASKWIRE_ADMIN_HOST ?? host, port: adminPort },
    logLevel: env.MASKWIRE_LOG_LEVEL ?? "info",
    audit: env.MASKWIRE_AUDIT ?? "off",
    stopMs: env.MASKWIRE_STOP_MS ?? 10_000,
    overload: {
      loopDelayMs: env.MASKWIRE_OVERLOAD_DELAY_MS ?? overloadDefaults.loopDelayMs,
      memoryShare: env.MASKWIRE_OVERLOAD_MEMORY_PERCENT
        ? env.MASKWIRE_OVERLOAD_MEMORY_PERCENT / 100
        : overloadDefaults.memoryShare,
    },
    /** undefined for as many as the process's descriptors leave room for. */
    connections: env.MASKWIRE_CONNECTIONS,
    http2: {
      total: env.MASKWIRE_GRPC_CONNECTIONS ?? defaultHttp2Limits.total,
      perAddress: env.MASKWIRE_GRPC_CONNECTIONS_PER_ADDRESS ?? defaultHttp2Limits.perAddress,
      streams: env.MASKWIRE_GRPC_STREAMS ?? defaultHttp2Limits.streams,
      idleMs: env.MASKWIRE_GRPC_IDLE_MS ?? defaultHttp2Limits.idleMs,
      pingMs: env.MASKWIRE_GRPC_PING_MS ?? defaultHttp2Limits.pingMs,
    },
    reflection: env.MASKWIRE_GRPC_REFLECTION === "on",
    /** What one request may bring, wherever that is checked. */
    limits: {
      maxImageBytes: env.MASKWIRE_MAX_IMAGE_BYTES ?? 64 * MiB,
      maxImagePixels: env.MASKWIRE_MAX_IMAGE_PIXELS ?? 100_000_000,
      pace: {
        silenceMs: env.MASKWIRE_UPLOAD_SILENCE_MS ?? 30_000,
        leastBytesPerSecond: env.MASKWIRE_UPLOAD_LEAST_RATE ?? 1024,
      },
      everythingMs: env.MASKWIRE_EVERYTHING_MS ?? 900_000,
    },
    /** What strangers may have in this process at once. */
    uploadBytes: sizes.uploads,
  };
}

export type ProcessSettings = ReturnType<typeof shape>;
