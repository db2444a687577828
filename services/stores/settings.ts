import { z } from "zod";
import { bytes, fileOf, integer, MiB, pem, text } from "../runtime/settings/forms.js";
import type { EnvOf } from "../runtime/settings/read-env.js";
import { SettingsError } from "../runtime/settings/settings-error.js";
import { signingKeyFile } from "../runtime/signing-keys.js";
import type { CacheServer } from "./cache-link.js";
import { cacheUrlForms, parseCacheUrl } from "./cache-url.js";

const cacheUrl = z.string().transform((url, context) => {
  try {
    return parseCacheUrl(url);
  } catch (error) {
    const { message } = error as Error;
    context.addIssue(message === cacheUrlForms ? message : `${message} (${cacheUrlForms})`);
    return z.NEVER;
  }
});

const userName = text("a user name");

/** The cache, shared or in the process. */
export const variables = {
  MASKWIRE_CACHE_URL: cacheUrl.meta({
    description: "shared cache (Redis or Valkey); unset keeps it in this process",
    // A password may stand anywhere in one that is malformed, also in the place of the scheme.
    shown: /^(rediss?(\+sentinel|\+cluster)?|https?):\/\//i,
  }),
  MASKWIRE_CACHE_USERNAME: userName.describe("shared cache: user"),
  MASKWIRE_CACHE_PASSWORD_FILE: fileOf("a password").describe("shared cache: file that holds the password"),
  MASKWIRE_CACHE_SENTINEL_USERNAME: userName.describe("shared cache: user at the Sentinels"),
  MASKWIRE_CACHE_SENTINEL_PASSWORD_FILE: fileOf("a password").describe(
    "shared cache: file that holds the Sentinels' password",
  ),
  MASKWIRE_CACHE_TLS_CA_FILE: pem.describe("shared cache: authorities that sign its certificate, PEM"),
  MASKWIRE_CACHE_TLS_CERT_FILE: pem.describe("shared cache: our certificate, where it asks for one, PEM"),
  MASKWIRE_CACHE_TLS_KEY_FILE: pem.describe("shared cache: the key of our certificate, PEM"),
  MASKWIRE_CACHE_TLS_SERVER_NAME: text("a host name").describe("shared cache: name in its certificate"),
  MASKWIRE_CACHE_SIGNING_KEY_FILE: signingKeyFile.describe(
    "file of keys, ID:SECRET a line: the first signs what goes into the shared cache, and nothing is used that none has signed",
  ),
  MASKWIRE_CACHE_NAMESPACE: z
    .string()
    .regex(/^[\w-]+$/, "letters, digits, - and _")
    .describe("prefix of every key in the shared cache"),
  MASKWIRE_CACHE_TTL_MS: integer(1000, 31_536_000_000).describe("how long an embedding or a picture is kept"),
  MASKWIRE_CACHE_TIMEOUT_MS: integer(10, 60_000).describe(
    "longest wait for one command of the shared cache, from its turn",
  ),
  MASKWIRE_CACHE_LEASE_MS: integer(100, 600_000).describe(
    "how long an encoder that dies keeps the others from a picture that it was encoding",
  ),
  MASKWIRE_CACHE_BYTES: bytes(MiB).describe(
    "bytes of embeddings kept in the process; encoder: while the shared cache is down it hands these out",
  ),
  MASKWIRE_IMAGE_STORE_BYTES: bytes(MiB).describe("bytes of pictures kept in the process"),
} as const;

type Env = EnvOf<typeof variables>;

/**
 * What is kept in the process where there is a shared cache: all that its tiers share; an encoder's own work, which it
 * hands out while the cache is down; or nothing, since a decoder has a memory of its own.
 */
export type HereToo = "all" | "own" | "nothing";

/** Of each where there is room for all; a process is of little use with less than the least. */
const kept = { leastBytes: 16 * MiB, mostBytes: 512 * MiB };

/** What is kept in the process. */
export const memory = (env: Env) => ({
  embeddings: { ...kept, setBytes: env.MASKWIRE_CACHE_BYTES },
  pictures: { ...kept, setBytes: env.MASKWIRE_IMAGE_STORE_BYTES },
});

export interface CacheContext {
  hereToo: HereToo;
  /** Of what is taken out of it. */
  limits: { maxImageBytes: number; maxImagePixels: number };
  /** As planned from `memory`. */
  sizes: Record<keyof ReturnType<typeof memory>, number>;
}

/** @throws SettingsError when settings contradict each other. */
export function shape(env: Env, { hereToo, limits, sizes }: CacheContext) {
  return {
    /** The shared cache; undefined keeps everything in this process. */
    server: shapeServer(env),
    hereToo,
    limits,
    signingKeys: env.MASKWIRE_CACHE_SIGNING_KEY_FILE,
    namespace: env.MASKWIRE_CACHE_NAMESPACE ?? "maskwire",
    ttlMs: env.MASKWIRE_CACHE_TTL_MS ?? 24 * 3_600_000,
    timeoutMs: env.MASKWIRE_CACHE_TIMEOUT_MS ?? 1000,
    leaseMs: env.MASKWIRE_CACHE_LEASE_MS ?? 5000,
    embeddingBytes: sizes.embeddings,
    imageBytes: sizes.pictures,
  };
}

export type CacheSettings = ReturnType<typeof shape>;

function shapeServer(env: Env): CacheServer | undefined {
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
