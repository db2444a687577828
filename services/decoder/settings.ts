import { availableParallelism } from "node:os";
import type { ModelSettings, variables as modelVariables } from "../inference/settings.js";
import { bytes, integer, MiB } from "../runtime/settings/forms.js";
import type { EnvOf } from "../runtime/settings/read-env.js";
import type { ProcessSettings } from "../runtime/settings.js";

export const variables = {
  MASKWIRE_DECODER_WORKERS: integer(1, 1024).describe("decodes at once, on one core each, when many wait"),
  MASKWIRE_DECODER_THREADS: integer(1, 1024).describe("cores of one decode when nobody else waits"),
  MASKWIRE_DECODER_QUEUE: integer(1, 100_000).describe("decodes that may wait; one more is refused"),
  MASKWIRE_DECODER_CACHE_BYTES: bytes(MiB).describe(
    "bytes of embeddings kept in the process, and again of tensors kept ready in its workers",
  ),
  MASKWIRE_TRACK_MEMORY_BYTES: bytes(MiB).describe(
    "bytes of what a model with a memory of its own remembers of the objects of videos; half a MiB an object and frame of SAM 2's",
  ),
  MASKWIRE_EVERYTHING_POINTS: integer(1, 10_000_000).describe(
    "points that everything mode may ask of one picture, all its crop layers together. SA-1B's grid with two crop layers has 21,504",
  ),
} as const;

type Env = EnvOf<typeof variables>;

const workersOf = (env: Env) => env.MASKWIRE_DECODER_WORKERS ?? availableParallelism();

/** Half as many more that give way, for what nobody waits for; threads have a priority of their own on Linux alone. */
const yieldingOf = (env: Env) => (process.platform === "linux" ? Math.ceil(workersOf(env) / 2) : 0);

/** Measured by `bench footprint`, and a little more. */
const workerBytes = 50 * MiB;

/** What each further model takes of a worker. */
const modelBytes = 40 * MiB;

/** What it takes of its process's memory, at rest and beyond. */
export const memory = (env: Env & Pick<EnvOf<typeof modelVariables>, "MASKWIRE_MODELS">) => {
  const further = Math.max(0, (env.MASKWIRE_MODELS?.length ?? 1) - 1);
  const cache = { leastBytes: 16 * MiB, mostBytes: 256 * MiB, setBytes: env.MASKWIRE_DECODER_CACHE_BYTES };
  // An object of SAM 2 looks back at seven frames.
  const memories = { leastBytes: 4 * MiB, mostBytes: 128 * MiB, setBytes: env.MASKWIRE_TRACK_MEMORY_BYTES };
  return {
    restBytes: (workersOf(env) + yieldingOf(env)) * (workerBytes + further * modelBytes),
    parts: { decoderEmbeddings: cache, decoderTensors: cache, trackMemories: memories },
  };
};

export interface DecoderContext extends Pick<ProcessSettings, "limits"> {
  models: Pick<ModelSettings, "hungMs" | "cacheDir" | "loadedBytes">;
  /** Whether only other processes of Maskwire call it. */
  trustsPeers: boolean;
  /** As planned from `memory`. */
  sizes: Record<keyof ReturnType<typeof memory>["parts"], number>;
}

export function shape(env: Env, { limits, models, trustsPeers, sizes }: DecoderContext) {
  return {
    trustsPeers,
    hungMs: models.hungMs,
    loadedBytes: models.loadedBytes,
    graphsDir: models.cacheDir,
    workers: workersOf(env),
    yielding: yieldingOf(env),
    threads: env.MASKWIRE_DECODER_THREADS ?? Math.min(8, availableParallelism()),
    maxQueue: env.MASKWIRE_DECODER_QUEUE ?? 256,
    everything: { maxPoints: env.MASKWIRE_EVERYTHING_POINTS ?? 32_768, deadlineMs: limits.everythingMs },
    /** Of embeddings, and as much again of tensors in its workers. */
    cacheBytes: sizes.decoderEmbeddings,
    memoryBytes: sizes.trackMemories,
  };
}

export type DecoderSettings = ReturnType<typeof shape>;
