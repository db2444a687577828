import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { type Provider, providers } from "../inference/models/providers.js";
import { parseTarget } from "../runtime/grpc/target.js";
import { type ProcessMemory, processMemory } from "../runtime/limits/process-memory.js";
import { overloadDefaults } from "../runtime/overload/thresholds.js";
import { projectRoot } from "../runtime/project-root.js";
import { SettingsError } from "../runtime/settings-error.js";
import type { CacheServer } from "./cache-link.js";
import { cacheUrlForms, parseCacheUrl } from "./cache-url.js";
import { readKeyFile } from "./follow-key-file.js";
import { planMemory } from "./memory-plan.js";
import { signingKeyForm } from "./signing-keys.js";

const MiB = 1024 * 1024;

const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((n) => n >= min && n <= max, `a whole number from ${min} to ${max}`);

const list = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean),
);

const addresses = list.refine(
  (all) => all.length > 0 && all.every((one) => parseTarget(one) !== undefined),
  "host:port, or dns:///name:port for every address behind a name; several separated by commas",
);

const hostNames = list.refine(
  (all) =>
    all.every((one) => one === "*" || isIP(one) !== 0 || /^(\*\.)?[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*\.?$/u.test(one)),
  "host names or addresses without ports, *.example.org for every name below one, or * for any public host; several by commas",
);

const isAddressOrRange = (text: string) => isIP(text) !== 0 || ipaddr.isValidCIDR(text);

const addressRanges = list.refine(
  (all) => all.every(isAddressOrRange),
  "IP addresses and CIDR ranges such as 10.0.0.0/8 or fd00::/8, several by commas",
);

/** A file's text, without the line break that editors and secrets end with. */
const fileOf = (what: string) =>
  z.string().transform((path, context) => {
    try {
      const text = readFileSync(path, "utf8").trimEnd();
      if (text) return text;
    } catch {
      // Said below: which of the reasons it was is plain from the path.
    }
    context.addIssue(`the path of a readable file that holds ${what}`);
    return z.NEVER;
  });

const pem = fileOf("certificates or a key in PEM").refine(
  (text) => text.includes("-----BEGIN "),
  "a file that holds certificates or a key in PEM",
);

const signingKeys = z.string().transform((path, context) => {
  try {
    return readKeyFile(path);
  } catch (error) {
    // Of a file that cannot be read the reason is plain from the path.
    const why = error instanceof Error && "code" in error ? "it cannot be read" : (error as Error).message;
    context.addIssue(`the path of ${signingKeyForm} (${why})`);
    return z.NEVER;
  }
});

const cacheUrl = z.string().transform((text, context) => {
  try {
    return parseCacheUrl(text);
  } catch (error) {
    const { message } = error as Error;
    context.addIssue(message === cacheUrlForms ? message : `${message} (${cacheUrlForms})`);
    return z.NEVER;
  }
});

export const roles = ["all", "encoder", "decoder", "gateway"] as const;
export type Role = (typeof roles)[number];

/** Every setting: its variable, its form and what it is for. README's table is checked against this. */
export const variables = {
  MASKWIRE_ROLE: z.enum(roles, `one of ${roles.join(", ")}`).describe("which tiers this process runs"),
  MASKWIRE_HOST: z.string().min(1, "a host name or address").describe("address to listen on"),
  MASKWIRE_PORT: integer(0, 65535).describe("the one port for HTTP, WebSocket and gRPC; 0 picks a free one"),
  MASKWIRE_ADMIN_HOST: z
    .string()
    .min(1, "a host name or address")
    .describe("address to listen on for the operator: /metrics, /livez, /readyz"),
  MASKWIRE_ADMIN_PORT: z
    .union([z.literal("off"), integer(0, 65535)], "a whole number from 0 to 65535, or off")
    .describe("port for the operator; 0 picks a free one, off has none"),
  MASKWIRE_LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"], "a pino level such as info or warn")
    .describe("least level that is logged"),
  MASKWIRE_STOP_MS: integer(0, 600_000).describe("time to finish what is under way on SIGTERM"),
  MASKWIRE_HUNG_MS: integer(100, 3_600_000).describe(
    "encoder, decoder: silence of a worker thread that has work after which it is taken to hang; five of its usual tasks at least",
  ),
  MASKWIRE_ENCODER_ADDRESS: addresses.describe(
    "gateway: where the encoders are (host:port or dns:///name:port, several by commas)",
  ),
  MASKWIRE_DECODER_ADDRESSES: addresses.describe(
    "gateway: where the decoders are (host:port or dns:///name:port, several by commas)",
  ),
  MASKWIRE_CACHE_URL: cacheUrl.describe("shared cache (Redis or Valkey); unset keeps it in this process"),
  MASKWIRE_CACHE_USERNAME: z.string().min(1, "a user name").describe("shared cache: user, where the URL has none"),
  MASKWIRE_CACHE_PASSWORD_FILE: fileOf("a password").describe("shared cache: file that holds the password"),
  MASKWIRE_CACHE_SENTINEL_USERNAME: z.string().min(1, "a user name").describe("shared cache: user at the Sentinels"),
  MASKWIRE_CACHE_SENTINEL_PASSWORD_FILE: fileOf("a password").describe(
    "shared cache: file that holds the Sentinels' password",
  ),
  MASKWIRE_CACHE_TLS_CA_FILE: pem.describe("shared cache: authorities that sign its certificate; unset: the system's"),
  MASKWIRE_CACHE_TLS_CERT_FILE: pem.describe("shared cache: our certificate, where it asks for one"),
  MASKWIRE_CACHE_TLS_KEY_FILE: pem.describe("shared cache: the key of our certificate"),
  MASKWIRE_CACHE_TLS_SERVER_NAME: z
    .string()
    .min(1, "a host name")
    .describe("shared cache: name in its certificate, where it is not the host's"),
  MASKWIRE_CACHE_SIGNING_KEY_FILE: signingKeys.describe(
    "file of keys, ID:SECRET a line: the first signs what goes into the shared cache, and nothing is used that none has signed",
  ),
  MASKWIRE_CACHE_NAMESPACE: z
    .string()
    .regex(/^[\w-]+$/, "letters, digits, - and _")
    .describe("prefix of every key in the shared cache"),
  MASKWIRE_CACHE_TTL_MS: integer(1000, 31_536_000_000).describe("how long an embedding or a picture is kept"),
  MASKWIRE_CACHE_TIMEOUT_MS: integer(10, 60_000).describe("longest wait for one command of the shared cache"),
  MASKWIRE_CACHE_LEASE_MS: integer(100, 600_000).describe(
    "how long an encoder that dies keeps the others from a picture that it was encoding",
  ),
  MASKWIRE_CACHE_BYTES: integer(MiB, Number.MAX_SAFE_INTEGER).describe(
    "bytes of embeddings kept in the process; encoder: while the shared cache is down it hands these out",
  ),
  MASKWIRE_IMAGE_STORE_BYTES: integer(MiB, Number.MAX_SAFE_INTEGER).describe("bytes of pictures kept in the process"),
  MASKWIRE_MODELS_FILE: z
    .string()
    .min(1, "the path of a JSON file")
    .describe("models of your own beside those of models/manifest.json, in the same form"),
  MASKWIRE_MODEL: z.string().min(1, "the id of a model").describe("model used when none is named"),
  MASKWIRE_MODEL_CACHE_DIR: z.string().min(1, "a folder").describe("where rewritten decoder graphs are kept"),
  MASKWIRE_ENCODER_PROVIDERS: list
    .refine(
      (all) => all.length > 0 && all.every((one) => (providers as readonly string[]).includes(one)),
      `one or more of ${providers.join(", ")}, separated by commas`,
    )
    .transform((all) => all as Provider[])
    .describe("execution providers in order of preference; a later one is used when an earlier cannot start"),
  MASKWIRE_ENCODER_THREADS: integer(1, 1024).describe("threads of one encode"),
  MASKWIRE_ENCODER_QUEUE: integer(1, 100_000).describe("encodes that may wait; one more is refused"),
  MASKWIRE_DECODER_WORKERS: integer(1, 1024).describe("decodes at once, on one core each, when many wait"),
  MASKWIRE_DECODER_THREADS: integer(1, 1024).describe("cores of one decode when nobody else waits"),
  MASKWIRE_DECODER_QUEUE: integer(1, 100_000).describe("decodes that may wait; one more is refused"),
  MASKWIRE_EVERYTHING_POINTS: integer(1, 10_000_000).describe(
    "decoder: points that everything mode may ask of one picture, all its crop layers together",
  ),
  MASKWIRE_EVERYTHING_MS: integer(100, 86_400_000).describe(
    "gateway, decoder: longest time for one picture in everything mode, at the gateway until it begins",
  ),
  MASKWIRE_DECODER_CACHE_BYTES: integer(MiB, Number.MAX_SAFE_INTEGER).describe(
    "decoder: bytes of embeddings kept in the process, and again of tensors kept ready in its workers",
  ),
  MASKWIRE_MAX_IMAGE_BYTES: integer(1, 0xffff_ffff).describe("largest upload"),
  MASKWIRE_MAX_IMAGE_PIXELS: integer(1, 0xffff_ffff).describe("largest picture, width times height"),
  MASKWIRE_UPLOAD_SILENCE_MS: integer(100, 3_600_000).describe(
    "time for which an upload's next bytes are waited for; what moves may take as long as it likes",
  ),
  MASKWIRE_UPLOAD_LEAST_RATE: integer(0, 1024 * MiB).describe(
    "bytes a second below which an upload counts as silent, on average over that time",
  ),
  MASKWIRE_PICTURE_PROCESSES: integer(1, 64).describe("encoder: processes that decode a picture each"),
  MASKWIRE_PICTURE_BYTES: integer(64 * MiB, Number.MAX_SAFE_INTEGER).describe(
    "encoder: memory that decoding may take in all of these together; a picture that alone takes more is refused",
  ),
  MASKWIRE_PICTURE_MS: integer(100, 600_000).describe("encoder: longest that decoding one picture may take"),
  MASKWIRE_UPLOAD_BYTES: integer(1024, Number.MAX_SAFE_INTEGER).describe(
    "bytes of uploads that may be in this process at once; one more is refused",
  ),
  MASKWIRE_WAITING_BYTES: integer(1024, Number.MAX_SAFE_INTEGER).describe(
    "gateway: bytes of requests that may wait for their turn in all sessions together; one more is refused",
  ),
  MASKWIRE_UNSENT_BYTES: integer(1024, Number.MAX_SAFE_INTEGER).describe(
    "gateway: unsent bytes of all sessions and large answers together before the slowest reader is cut off",
  ),
  MASKWIRE_OVERLOAD_DELAY_MS: integer(10, 600_000).describe(
    "event-loop delay from which work is refused for a while: previews first, clicks at four times of it",
  ),
  MASKWIRE_OVERLOAD_MEMORY_PERCENT: integer(1, 100).describe(
    "share of the memory, or of the JavaScript heap, from which caches are shrunk and then work is refused",
  ),
  MASKWIRE_PICTURE_HOSTS: hostNames.describe(
    "gateway: hosts that pictures may be fetched from by URL (names, *.example.org, * for any public host; several by commas)",
  ),
  MASKWIRE_TRUSTED_PROXIES: addressRanges.describe(
    "gateway: proxies whose X-Forwarded-For says who asks (addresses and CIDR ranges, several by commas)",
  ),
  MASKWIRE_CALLER_REQUESTS_PER_SECOND: integer(1, 1_000_000).describe(
    "gateway: HTTP requests and new sessions of one caller a second; ten seconds' worth at once",
  ),
  MASKWIRE_CALLER_UPLOAD_RATE: integer(1024, Number.MAX_SAFE_INTEGER).describe(
    "gateway: bytes that one caller may upload a second; eight of the largest pictures at once",
  ),
  MASKWIRE_MAX_SESSIONS: integer(1, 1_000_000).describe("gateway: WebSocket sessions at once"),
  MASKWIRE_MAX_WAITING_CLICKS: integer(1, 10_000).describe("gateway: clicks of one session that may wait"),
  MASKWIRE_WAITING_MS: integer(100, 86_400_000).describe(
    "gateway: longest time that a click waits, for its picture above all: who uploads slowly may click meanwhile",
  ),
  MASKWIRE_FRAMES_PER_SECOND: integer(1, 1_000_000).describe("gateway: frames that are read of one session a second"),
  MASKWIRE_FRAME_BYTES_PER_SECOND: integer(1024, 1024 * MiB).describe(
    "gateway: bytes of frames that are read of one session a second",
  ),
  MASKWIRE_SESSION_WORK_PERCENT: integer(1, 100).describe(
    "gateway: share of its main thread that reading the frames of one session may take",
  ),
  MASKWIRE_MAX_FRAME_BYTES: integer(1024, 64 * MiB).describe("gateway: largest WebSocket frame"),
  MASKWIRE_MAX_BUFFERED_BYTES: integer(1024, 1024 * MiB).describe(
    "gateway: unsent bytes before a slow reader is cut off",
  ),
  MASKWIRE_IDLE_MS: integer(100, 86_400_000).describe("gateway: silence before a session is closed"),
  MASKWIRE_DEADLINE_MS: integer(100, 600_000).describe("gateway: longest wait for an answer, re-encoding included"),
  MASKWIRE_DISCOVERY_MS: integer(100, 3_600_000).describe("gateway: how often a DNS name of another tier is looked up"),
  MASKWIRE_REACH_MS: integer(0, 600_000).describe("gateway: longest wait for a tier of which no server can be reached"),
  MASKWIRE_HEDGE_MS: integer(10, 600_000).describe(
    "gateway: silence of a decoder that hangs after which its clicks are sent to the next as well",
  ),
  MASKWIRE_LOAD_PERCENT: integer(100, 10_000).describe(
    "gateway: share of the average load at which a decoder passes a picture's clicks on to the next",
  ),
} as const;

type Variable = keyof typeof variables;
type Value<K extends Variable> = z.output<(typeof variables)[K]>;
/** What was set, validated; only variables that are set appear. */
export type Env = { [K in Variable]?: Value<K> };

/**
 * Reads and validates the `MASKWIRE_*` variables; an empty value counts as not set.
 * @throws SettingsError naming each malformed variable.
 */
export function readEnv(source: Record<string, string | undefined>): Env {
  const env: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, form] of Object.entries(variables)) {
    const text = source[name]?.trim();
    if (!text) continue;
    const parsed = form.safeParse(text);
    if (parsed.success) env[name] = parsed.data;
    else problems.push(`${name} is "${redact(name, text)}"; expected ${parsed.error.issues[0]?.message}.`);
  }
  if (problems.length > 0) throw new SettingsError(problems.join("\n"));
  return env;
}

/** The command line's gateway and the tests' photographs: not settings of a server, and no mistake either. */
const otherVariables = ["MASKWIRE_URL", "MASKWIRE_TEST_PHOTOS"];

/** `MASKWIRE_*` variables that mean nothing to us: most often a misspelling. */
export function unknownVariables(source: Record<string, string | undefined>): string[] {
  const known = [...Object.keys(variables), ...otherVariables];
  return Object.keys(source).filter((name) => name.startsWith("MASKWIRE_") && !known.includes(name));
}

/** A password may stand anywhere in a URL that is malformed: of that one nothing but the scheme is shown. */
const redact = (name: string, text: string) =>
  name === "MASKWIRE_CACHE_URL" ? text.replace(/^([a-z+]{1,20}:\/\/)?.*$/is, "$1***") : text.slice(0, 120);

const defaultPorts: Record<Role, number> = { all: 8080, gateway: 8080, encoder: 50051, decoder: 50052 };

/** Beside the main port, and free where that is picked. */
const adminPortOf = (port: number) => (port === 0 ? 0 : port <= 64_535 ? port + 1000 : port - 1000);

/**
 * The settings in the shape that the code uses, defaults filled in.
 * @throws SettingsError when settings contradict each other or one that the role needs is missing.
 */
export function shapeSettings(env: Env, memory: ProcessMemory = processMemory()) {
  const role = env.MASKWIRE_ROLE ?? "all";
  if ((role === "encoder" || role === "decoder") && !env.MASKWIRE_CACHE_URL) {
    throw new SettingsError(
      `MASKWIRE_ROLE=${role} needs a cache that the other processes share: set MASKWIRE_CACHE_URL to a Redis or Valkey URL, ` +
        "or leave MASKWIRE_ROLE unset to run everything in one process.",
    );
  }
  if (role === "gateway" && !(env.MASKWIRE_ENCODER_ADDRESS && env.MASKWIRE_DECODER_ADDRESSES)) {
    throw new SettingsError(
      "MASKWIRE_ROLE=gateway needs MASKWIRE_ENCODER_ADDRESS and MASKWIRE_DECODER_ADDRESSES (host:port or dns:///name:port) of the other tiers.",
    );
  }
  const cores = availableParallelism();
  const workers = env.MASKWIRE_DECODER_WORKERS ?? cores;
  const pictureProcesses = env.MASKWIRE_PICTURE_PROCESSES ?? 1;
  const plan = planMemory(role, memory, { workers, pictureProcesses });
  const host = env.MASKWIRE_HOST ?? "127.0.0.1";
  const port = env.MASKWIRE_PORT ?? defaultPorts[role];
  const adminPort = env.MASKWIRE_ADMIN_PORT ?? adminPortOf(port);
  const maxImageBytes = env.MASKWIRE_MAX_IMAGE_BYTES ?? 64 * MiB;
  const everythingMs = env.MASKWIRE_EVERYTHING_MS ?? 900_000;
  const requestsPerSecond = env.MASKWIRE_CALLER_REQUESTS_PER_SECOND ?? 200;
  return {
    role,
    host,
    port,
    /** The operator's port; undefined without one. */
    admin: adminPort === "off" ? undefined : { host: env.MASKWIRE_ADMIN_HOST ?? host, port: adminPort },
    logLevel: env.MASKWIRE_LOG_LEVEL ?? "info",
    stopMs: env.MASKWIRE_STOP_MS ?? 10_000,
    hungMs: env.MASKWIRE_HUNG_MS ?? 15_000,
    modelsFile: env.MASKWIRE_MODELS_FILE,
    model: env.MASKWIRE_MODEL,
    modelCacheDir: env.MASKWIRE_MODEL_CACHE_DIR ?? join(projectRoot, "node_modules", ".cache", "maskwire"),
    limits: {
      maxImageBytes,
      maxImagePixels: env.MASKWIRE_MAX_IMAGE_PIXELS ?? 100_000_000,
      maxDecodeBytes: env.MASKWIRE_PICTURE_BYTES ?? plan.decodeBytes,
      pace: {
        silenceMs: env.MASKWIRE_UPLOAD_SILENCE_MS ?? 30_000,
        leastBytesPerSecond: env.MASKWIRE_UPLOAD_LEAST_RATE ?? 1024,
      },
    },
    memory: { limitBytes: memory.limitBytes, restBytes: plan.restBytes, heapBytes: plan.heapBytes },
    /** What strangers may have in this process at once, as shares of the memory that it may take. */
    budgets: {
      uploadBytes: env.MASKWIRE_UPLOAD_BYTES ?? plan.uploadBytes,
      waitingBytes: env.MASKWIRE_WAITING_BYTES ?? plan.waitingBytes,
      unsentBytes: env.MASKWIRE_UNSENT_BYTES ?? plan.unsentBytes,
    },
    overload: {
      loopDelayMs: env.MASKWIRE_OVERLOAD_DELAY_MS ?? overloadDefaults.loopDelayMs,
      memoryShare: env.MASKWIRE_OVERLOAD_MEMORY_PERCENT
        ? env.MASKWIRE_OVERLOAD_MEMORY_PERCENT / 100
        : overloadDefaults.memoryShare,
    },
    cache: {
      /** The shared cache; undefined keeps everything in this process. */
      server: shapeCacheServer(env),
      // What is kept in this process besides: all that its tiers share; an encoder's own work, which it hands out while the
      // cache is down; or nothing, since a decoder has a memory of its own.
      hereToo: ({ all: "all", encoder: "own", decoder: "nothing", gateway: "nothing" } as const)[role],
      signingKeys: env.MASKWIRE_CACHE_SIGNING_KEY_FILE,
      namespace: env.MASKWIRE_CACHE_NAMESPACE ?? "maskwire",
      ttlMs: env.MASKWIRE_CACHE_TTL_MS ?? 24 * 3_600_000,
      timeoutMs: env.MASKWIRE_CACHE_TIMEOUT_MS ?? 1000,
      leaseMs: env.MASKWIRE_CACHE_LEASE_MS ?? 5000,
      embeddingBytes: env.MASKWIRE_CACHE_BYTES ?? plan.embeddingBytes,
      imageBytes: env.MASKWIRE_IMAGE_STORE_BYTES ?? plan.imageBytes,
    },
    encoder: {
      pictures: { count: pictureProcesses, pictureMs: env.MASKWIRE_PICTURE_MS ?? 30_000 },
      providers: env.MASKWIRE_ENCODER_PROVIDERS ?? (["cpu"] as Provider[]),
      threads: env.MASKWIRE_ENCODER_THREADS ?? cores,
      maxQueue: env.MASKWIRE_ENCODER_QUEUE ?? 64,
    },
    decoder: {
      workers,
      threads: env.MASKWIRE_DECODER_THREADS ?? Math.min(8, cores),
      maxQueue: env.MASKWIRE_DECODER_QUEUE ?? 256,
      everything: {
        // The grid of SA-1B with two crop layers, not thinned out, has 21,504.
        maxPoints: env.MASKWIRE_EVERYTHING_POINTS ?? 32_768,
        deadlineMs: everythingMs,
      },
      cacheBytes: env.MASKWIRE_DECODER_CACHE_BYTES ?? plan.decoderCacheBytes,
    },
    gateway: {
      encoderAddresses: env.MASKWIRE_ENCODER_ADDRESS ?? [],
      decoderAddresses: env.MASKWIRE_DECODER_ADDRESSES ?? [],
      pictureHosts: env.MASKWIRE_PICTURE_HOSTS ?? [],
      trustedProxies: env.MASKWIRE_TRUSTED_PROXIES ?? [],
      callerRequests: { perSecond: requestsPerSecond, burst: 10 * requestsPerSecond },
      callerUploads: { perSecond: env.MASKWIRE_CALLER_UPLOAD_RATE ?? 32 * MiB, burst: 8 * maxImageBytes },
      maxSessions: env.MASKWIRE_MAX_SESSIONS ?? 1000,
      maxWaitingClicks: env.MASKWIRE_MAX_WAITING_CLICKS ?? 64,
      everythingMs,
      waitingMs: env.MASKWIRE_WAITING_MS ?? 300_000,
      framesPerSecond: env.MASKWIRE_FRAMES_PER_SECOND ?? 300,
      frameBytesPerSecond: env.MASKWIRE_FRAME_BYTES_PER_SECOND ?? 8 * MiB,
      sessionWorkShare: (env.MASKWIRE_SESSION_WORK_PERCENT ?? 15) / 100,
      maxFrameBytes: env.MASKWIRE_MAX_FRAME_BYTES ?? MiB,
      maxBufferedBytes: env.MASKWIRE_MAX_BUFFERED_BYTES ?? 8 * MiB,
      idleMs: env.MASKWIRE_IDLE_MS ?? 120_000,
      deadlineMs: env.MASKWIRE_DEADLINE_MS ?? 30_000,
      peers: {
        discoveryMs: env.MASKWIRE_DISCOVERY_MS ?? 5000,
        reachMs: env.MASKWIRE_REACH_MS ?? 5000,
        hedgeMs: env.MASKWIRE_HEDGE_MS ?? 1000,
        loadFactor: (env.MASKWIRE_LOAD_PERCENT ?? 125) / 100,
      },
    },
  };
}

function shapeCacheServer(env: Env): CacheServer | undefined {
  const url = env.MASKWIRE_CACHE_URL;
  if (!url) return undefined;
  if (!env.MASKWIRE_CACHE_TLS_CERT_FILE !== !env.MASKWIRE_CACHE_TLS_KEY_FILE) {
    throw new SettingsError("MASKWIRE_CACHE_TLS_CERT_FILE and MASKWIRE_CACHE_TLS_KEY_FILE need each other.");
  }
  return {
    ...url,
    username: env.MASKWIRE_CACHE_USERNAME ?? url.username,
    password: env.MASKWIRE_CACHE_PASSWORD_FILE ?? url.password,
    sentinelLogin: {
      username: env.MASKWIRE_CACHE_SENTINEL_USERNAME,
      password: env.MASKWIRE_CACHE_SENTINEL_PASSWORD_FILE,
    },
    certificates: {
      ca: env.MASKWIRE_CACHE_TLS_CA_FILE,
      cert: env.MASKWIRE_CACHE_TLS_CERT_FILE,
      key: env.MASKWIRE_CACHE_TLS_KEY_FILE,
      serverName: env.MASKWIRE_CACHE_TLS_SERVER_NAME,
    },
  };
}

export type Settings = ReturnType<typeof shapeSettings>;
