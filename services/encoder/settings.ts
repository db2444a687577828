import { availableParallelism } from "node:os";
import { z } from "zod";
import { providers } from "../inference/models/providers.js";
import type { ModelSettings, variables as modelVariables } from "../inference/settings.js";
import { bytes, integer, list, MiB } from "../runtime/settings/forms.js";
import type { EnvOf } from "../runtime/settings/read-env.js";
import type { ProcessSettings } from "../runtime/settings.js";
import type { EncoderProvider, EncoderWays } from "./graphs/encoder-runtime.js";
import { processesBytes } from "./pictures/picture-memory.js";
import { modelAddressForm, parseModelAddress } from "./remote/model-address.js";

export const variables = {
  MASKWIRE_ENCODER_PROVIDERS: list
    .refine(
      (all) => all.length > 0 && all.every((one) => isProvider(one) || parseModelAddress(one) !== undefined),
      `one or more of ${providers.join(", ")} and ${modelAddressForm}, separated by commas`,
    )
    .transform((all) => all as EncoderProvider[])
    .describe(
      "execution providers in order of preference; a later one is used when an earlier cannot start, or while a server is not there",
    ),
  MASKWIRE_ENCODER_CALLS: integer(1, 64).describe("pictures that are under way at a model server (oip:) at once"),
  MASKWIRE_ENCODER_CALL_MS: integer(100, 600_000).describe("longest that a model server may take for one of them"),
  MASKWIRE_ENCODER_THREADS: integer(1, 1024).describe("threads of one encode"),
  MASKWIRE_ENCODER_YIELDS: z
    .enum(["on", "off"], "on or off")
    .describe(
      "on: reading and encoding pictures gives way to all else that wants the cores, other programs too; off where those want all of them all the time",
    ),
  MASKWIRE_ENCODER_QUEUE: integer(1, 100_000).describe("encodes that may wait; one more is refused"),
  MASKWIRE_PICTURE_PROCESSES: integer(1, 64).describe("processes that decode a picture each"),
  MASKWIRE_PICTURE_BYTES: bytes(64 * MiB).describe(
    "memory that decoding may take in all of these together; a picture that alone takes more is refused",
  ),
  MASKWIRE_PICTURE_MS: integer(100, 600_000).describe("longest that decoding one picture may take"),
  MASKWIRE_DRAFTS: z
    .enum(["auto", "off"], "auto or off")
    .describe(
      "auto: where an encode takes longer than 300 ms and nobody else waits, a person's first outlines come from a draft of the picture",
    ),
  MASKWIRE_DETECTORS: list.describe(
    "ids of the detectors that words are asked of; all that the manifest has when unset; none: of nobody",
  ),
  MASKWIRE_DEDUPLICATE: z
    .enum(["on", "off"], "on or off")
    .describe(
      "on: a picture that another tenant has had encoded is not encoded again, which its uploader can tell by the time",
    ),
} as const;

type Env = EnvOf<typeof variables>;

const processesOf = (env: Env) => env.MASKWIRE_PICTURE_PROCESSES ?? 1;

/** Measured, each after some pictures: one of the small detectors, which the manifest has so many of, and an encoder of the default's size. */
const [smallDetectors, detectorBytes, encoderBytes] = [3, 100 * MiB, 320 * MiB];

const detectorsOf = (env: Env) => env.MASKWIRE_DETECTORS?.filter((id) => id !== "none").length ?? smallDetectors;

/** What it takes of its process's memory, at rest and beyond: the first model is among what every encoder takes. */
export const memory = (env: Env & Pick<EnvOf<typeof modelVariables>, "MASKWIRE_MODELS">) => ({
  restBytes:
    processesBytes(processesOf(env)) +
    detectorsOf(env) * detectorBytes +
    Math.max(0, (env.MASKWIRE_MODELS?.length ?? 1) - 1) * encoderBytes,
  parts: {
    // No less than phones' pictures need, no more than the costliest one that is taken.
    decoding: { leastBytes: 256 * MiB, mostBytes: 2048 * MiB, setBytes: env.MASKWIRE_PICTURE_BYTES },
  },
});

export interface EncoderContext extends Pick<ProcessSettings, "limits" | "uploadBytes"> {
  models: Pick<ModelSettings, "hungMs" | "loadedBytes" | "cacheDir">;
  /** Whether only other processes of Maskwire call it. */
  trustsPeers: boolean;
  /** Whether people's clicks are answered in this process too. */
  hasDecoder: boolean;
  /** As planned from `memory`. */
  sizes: Record<keyof ReturnType<typeof memory>["parts"], number>;
}

/** How encoders are run. */
export function waysOf(
  env: Pick<
    Env,
    "MASKWIRE_ENCODER_PROVIDERS" | "MASKWIRE_ENCODER_THREADS" | "MASKWIRE_ENCODER_CALLS" | "MASKWIRE_ENCODER_CALL_MS"
  >,
): EncoderWays {
  return {
    providers: env.MASKWIRE_ENCODER_PROVIDERS ?? ["cpu"],
    threads: env.MASKWIRE_ENCODER_THREADS ?? availableParallelism(),
    calls: { atOnce: env.MASKWIRE_ENCODER_CALLS ?? 4, callMs: env.MASKWIRE_ENCODER_CALL_MS ?? 10_000 },
  };
}

const isProvider = (name: string) => (providers as readonly string[]).includes(name);

export function shape(env: Env, { limits, uploadBytes, models, trustsPeers, hasDecoder, sizes }: EncoderContext) {
  const { maxImageBytes, maxImagePixels, pace } = limits;
  return {
    trustsPeers,
    /** All that reads and encodes pictures gives way to clicks. */
    yields: env.MASKWIRE_ENCODER_YIELDS === undefined ? hasDecoder : env.MASKWIRE_ENCODER_YIELDS === "on",
    hungMs: models.hungMs,
    loadedBytes: models.loadedBytes,
    uploadBytes,
    limits: { maxImageBytes, maxImagePixels, maxDecodeBytes: sizes.decoding, pace },
    pictures: { count: processesOf(env), pictureMs: env.MASKWIRE_PICTURE_MS ?? 30_000 },
    graphsDir: models.cacheDir,
    ...waysOf(env),
    maxQueue: env.MASKWIRE_ENCODER_QUEUE ?? 64,
    drafts: env.MASKWIRE_DRAFTS !== "off",
    /** undefined for all of the manifest. */
    detectors: env.MASKWIRE_DETECTORS?.filter((id) => id !== "none"),
    deduplicates: env.MASKWIRE_DEDUPLICATE === "on",
  };
}

export type EncoderSettings = ReturnType<typeof shape>;
