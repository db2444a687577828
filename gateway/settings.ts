import { z } from "zod";
import { fixed } from "../services/runtime/limits/memory-plan.js";
import type { ProcessMemory } from "../services/runtime/limits/process-memory.js";
import {
  addresses,
  addressRanges,
  bytes,
  fileAt,
  hostNames,
  integer,
  list,
  MiB,
  origins,
} from "../services/runtime/settings/forms.js";
import type { EnvOf } from "../services/runtime/settings/read-env.js";
import type { ProcessSettings } from "../services/runtime/settings.js";
import { type AdapterName, adapterNames } from "./adapters/names.js";

const adapters = list
  .refine(
    (all) => all.every((one) => (adapterNames as readonly string[]).includes(one)),
    `some of ${adapterNames.join(", ")}, by commas`,
  )
  .transform((all) => all as AdapterName[]);

const ports = list
  .refine(
    (all) => all.length <= 4 && all.every((one) => /^\d{1,5}$/.test(one) && Number(one) < 65_536),
    "up to four ports, by commas; 0 picks a free one",
  )
  .transform((all) => all.map(Number));

const webAddress = z
  .string()
  .refine(
    (one) => /^https?:\/\/[^\s?#@]+$/i.test(one) && URL.canParse(one),
    "an address such as https://label.example.org",
  );

export const variables = {
  MASKWIRE_ENCODER_ADDRESS: addresses.describe(
    "where the encoders are (host:port or dns:///name:port, several by commas)",
  ),
  MASKWIRE_DECODER_ADDRESSES: addresses.describe(
    "where the decoders are (host:port or dns:///name:port, several by commas)",
  ),
  MASKWIRE_DATASET_ADDRESS: addresses.describe(
    "where the servers of data sets are (host:port or dns:///name:port, several by commas); unset there are none",
  ),
  MASKWIRE_PEER_KEY_FILE: fileAt("a key").describe(
    "file with the key, of the scope peer, by which encoders and decoders know this gateway; read again when it changes",
  ),
  MASKWIRE_DISCOVERY_MS: integer(100, 3_600_000).describe("how often a DNS name of another tier is looked up"),
  MASKWIRE_REACH_MS: integer(0, 600_000).describe("longest wait for a tier of which no server can be reached"),
  MASKWIRE_HEDGE_MS: integer(10, 600_000).describe(
    "silence of a decoder that hangs after which its clicks are sent to the next as well",
  ),
  MASKWIRE_LOAD_PERCENT: integer(100, 10_000).describe(
    "share of the average load at which a decoder passes a picture's clicks on to the next",
  ),
  MASKWIRE_DEADLINE_MS: integer(100, 600_000).describe("longest wait for an answer, re-encoding included"),
  MASKWIRE_TRUSTED_PROXIES: addressRanges.describe(
    "proxies whose X-Forwarded-For says who asks (addresses and CIDR ranges, several by commas). " +
      "Without it everybody behind a proxy shares what is meant for one caller",
  ),
  MASKWIRE_PUBLIC_HOSTS: hostNames.describe(
    "names by which the gateway is asked, beside addresses, localhost and MASKWIRE_HOST (names, *.example.org, * for any name; several by commas). " +
      "Any other is refused: it may be a page's that has turned it to this address",
  ),
  MASKWIRE_ORIGINS: origins.describe(
    "origins whose pages may use the gateway beside its own (https://app.example.org, or https://*.example.org for one label; several by commas)",
  ),
  MASKWIRE_CALLER_REQUESTS_PER_SECOND: integer(1, 1_000_000).describe(
    "HTTP requests and new sessions of one caller a second; ten seconds' worth at once. " +
      "The page asks for some dozens when it is opened",
  ),
  MASKWIRE_CALLER_UPLOAD_RATE: bytes(1024).describe(
    "bytes that one caller may upload a second; eight of the largest pictures at once",
  ),
  MASKWIRE_PICTURE_HOSTS: hostNames.describe(
    "hosts that pictures may be fetched from by URL (names, *.example.org, * for any public host; several by commas). " +
      "A private address only where it, or its name, is listed itself",
  ),
  MASKWIRE_MAX_SESSIONS: integer(1, 1_000_000).describe("WebSocket sessions at once"),
  MASKWIRE_MAX_WAITING_CLICKS: integer(1, 10_000).describe("clicks of one session that may wait"),
  MASKWIRE_WAITING_MS: integer(100, 86_400_000).describe(
    "longest time that a click waits, for its picture above all: who uploads slowly may click meanwhile",
  ),
  MASKWIRE_FRAMES_PER_SECOND: integer(1, 1_000_000).describe(
    "frames that are read of one session a second; what comes faster is read later. The page sends 30",
  ),
  MASKWIRE_FRAME_BYTES_PER_SECOND: integer(1024, 1024 * MiB).describe(
    "bytes of frames that are read of one session a second; what comes faster is read later",
  ),
  MASKWIRE_SESSION_WORK_PERCENT: integer(1, 100).describe(
    "share of its main thread that reading the frames of one session may take; what comes faster is read later. " +
      "Text takes far more of it than protobuf",
  ),
  MASKWIRE_MAX_FRAME_BYTES: integer(1024, 64 * MiB).describe("largest WebSocket frame"),
  MASKWIRE_MAX_BUFFERED_BYTES: integer(1024, 1024 * MiB).describe("unsent bytes before a slow reader is cut off"),
  MASKWIRE_WAITING_BYTES: bytes(1024).describe(
    "bytes of requests that may wait for their turn in all sessions together; one more is refused",
  ),
  MASKWIRE_UNSENT_BYTES: bytes(1024).describe(
    "unsent bytes of all sessions and large answers together before the slowest reader is cut off",
  ),
  MASKWIRE_JSON_BYTES: bytes(1024).describe(
    "bytes of memory that reading one body in JSON may take, which is several times its own; one that could take more is refused",
  ),
  MASKWIRE_VIDEO_BYTES: bytes(1024).describe(
    "bytes of masks and frames' ids that are kept of all open videos together, a quarter of it of one; masks that were made are forgotten beyond it",
  ),
  MASKWIRE_DETAIL_PARTS: integer(0, 1000).describe(
    "parts of a picture that a session, or a search in everything mode, may have encoded for finer masks, and eight times as many of all " +
      "of a session's pictures. 0: masks stay as the whole picture gives them",
  ),
  MASKWIRE_IDLE_MS: integer(100, 86_400_000).describe("silence before a session is closed"),
  MASKWIRE_ADAPTERS: adapters.describe(
    "tools whose protocols the gateway speaks, below /adapters/ and the name of each: label-studio, cvat, x-anylabeling, roboflow, samapi, osam; several by commas",
  ),
  MASKWIRE_ADAPTER_VIDEO_BYTES: bytes(1024).describe(
    "bytes of frames that are kept of all videos that annotation tools have sent, until those end them or are silent for half an hour",
  ),
  MASKWIRE_CVAT_PORTS: ports.describe(
    "ports on which CVAT calls its functions directly (maskwire-interactor, maskwire-everything, maskwire-names, maskwire-tracker, in this order; by commas)",
  ),
  MASKWIRE_CVAT_KEY_FILE: fileAt("a key").describe(
    "file with the key by which all that comes to those ports acts, since CVAT carries none; read again when it changes",
  ),
  MASKWIRE_LABEL_STUDIO_URL: webAddress.describe(
    "Label Studio's own address, where pictures of its tasks are fetched from",
  ),
  MASKWIRE_LABEL_STUDIO_TOKEN_FILE: fileAt("a token").describe(
    "file with a token of Label Studio's, legacy or personal, that goes along to its own address alone; read again when it changes",
  ),
} as const;

type Env = EnvOf<typeof variables>;

/** Tools that send whole videos. */
const sendsVideos: ReadonlySet<AdapterName> = new Set<AdapterName>(["x-anylabeling"]);

/** A body of some megabytes: the page and the command line send one. */
const leastJsonBytes = 16 * MiB;
/** The largest body, whatever is in it that any message needs. */
const mostJsonBytes = 256 * MiB;

/** What it takes of its process's memory. */
export const memory = (env: Env, { limitBytes }: ProcessMemory) => ({
  restBytes: 0,
  parts: {
    waiting: fixed(limitBytes / 32, env.MASKWIRE_WAITING_BYTES),
    unsent: fixed(limitBytes / 16, env.MASKWIRE_UNSENT_BYTES),
    // Large ones are read one at a time.
    json: {
      leastBytes: Math.floor(Math.min(limitBytes / 32, leastJsonBytes)),
      mostBytes: Math.floor(Math.min(limitBytes / 8, mostJsonBytes)),
      setBytes: env.MASKWIRE_JSON_BYTES,
    },
    // What is made again is only kept for want of other use.
    videos: {
      leastBytes: Math.floor(limitBytes / 512),
      mostBytes: Math.floor(limitBytes / 16),
      setBytes: env.MASKWIRE_VIDEO_BYTES,
    },
    // Frames of a video come all at once, and nobody else has them.
    adapterVideos: env.MASKWIRE_ADAPTERS?.some((name) => sendsVideos.has(name))
      ? {
          leastBytes: Math.floor(limitBytes / 64),
          mostBytes: Math.floor(limitBytes / 8),
          setBytes: env.MASKWIRE_ADAPTER_VIDEO_BYTES,
        }
      : fixed(0),
  },
});

export interface GatewayContext extends Pick<ProcessSettings, "host" | "limits" | "uploadBytes"> {
  /** As planned from `memory`. */
  sizes: Record<keyof ReturnType<typeof memory>["parts"], number>;
}

export function shape(env: Env, { host, limits, uploadBytes, sizes }: GatewayContext) {
  const requestsPerSecond = env.MASKWIRE_CALLER_REQUESTS_PER_SECOND ?? 200;
  return {
    encoderAddresses: env.MASKWIRE_ENCODER_ADDRESS ?? [],
    decoderAddresses: env.MASKWIRE_DECODER_ADDRESSES ?? [],
    /** undefined where there are no data sets. */
    datasetAddresses: env.MASKWIRE_DATASET_ADDRESS,
    peerKey: env.MASKWIRE_PEER_KEY_FILE,
    peers: {
      discoveryMs: env.MASKWIRE_DISCOVERY_MS ?? 5000,
      reachMs: env.MASKWIRE_REACH_MS ?? 5000,
      hedgeMs: env.MASKWIRE_HEDGE_MS ?? 1000,
      loadFactor: (env.MASKWIRE_LOAD_PERCENT ?? 125) / 100,
    },
    deadlineMs: env.MASKWIRE_DEADLINE_MS ?? 30_000,
    everythingMs: limits.everythingMs,
    limits,
    trustedProxies: env.MASKWIRE_TRUSTED_PROXIES ?? [],
    browsers: {
      host,
      // By this name CVAT calls what runs beside its containers.
      publicHosts: [...(env.MASKWIRE_PUBLIC_HOSTS ?? []), ...(env.MASKWIRE_CVAT_PORTS ? ["host.docker.internal"] : [])],
      origins: env.MASKWIRE_ORIGINS ?? [],
    },
    callerRequests: { perSecond: requestsPerSecond, burst: 10 * requestsPerSecond },
    callerUploads: { perSecond: env.MASKWIRE_CALLER_UPLOAD_RATE ?? 32 * MiB, burst: 8 * limits.maxImageBytes },
    pictureHosts: env.MASKWIRE_PICTURE_HOSTS ?? [],
    uploadBytes,
    maxSessions: env.MASKWIRE_MAX_SESSIONS ?? 1000,
    maxWaitingClicks: env.MASKWIRE_MAX_WAITING_CLICKS ?? 64,
    waitingMs: env.MASKWIRE_WAITING_MS ?? 300_000,
    framesPerSecond: env.MASKWIRE_FRAMES_PER_SECOND ?? 300,
    frameBytesPerSecond: env.MASKWIRE_FRAME_BYTES_PER_SECOND ?? 8 * MiB,
    sessionWorkShare: (env.MASKWIRE_SESSION_WORK_PERCENT ?? 15) / 100,
    maxFrameBytes: env.MASKWIRE_MAX_FRAME_BYTES ?? MiB,
    maxBufferedBytes: env.MASKWIRE_MAX_BUFFERED_BYTES ?? 8 * MiB,
    waitingBytes: sizes.waiting,
    unsentBytes: sizes.unsent,
    jsonBytes: sizes.json,
    videoBytes: sizes.videos,
    adapterVideoBytes: sizes.adapterVideos,
    detail: detailLimits(env.MASKWIRE_DETAIL_PARTS ?? 32),
    idleMs: env.MASKWIRE_IDLE_MS ?? 120_000,
    adapters: env.MASKWIRE_ADAPTERS ?? [],
    cvat: { ports: env.MASKWIRE_CVAT_PORTS ?? [], key: env.MASKWIRE_CVAT_KEY_FILE },
    labelStudio: { url: env.MASKWIRE_LABEL_STUDIO_URL, token: env.MASKWIRE_LABEL_STUDIO_TOKEN_FILE },
  };
}

const detailLimits = (perPicture: number) => ({ perPicture, perSession: 8 * perPicture });

export type GatewaySettings = ReturnType<typeof shape>;
