import type { ProcessMemory } from "../runtime/limits/process-memory.js";
import type { Role, Settings } from "./settings.js";

const MiB = 1024 * 1024;

/** Who shares a process's memory, in bytes. */
export interface MemoryPlan {
  /** The process at rest, with its models, its workers, and what a picture or a prompt takes while it is worked on. */
  restBytes: number;
  /** JavaScript heap of the main thread. */
  heapBytes: number;
  uploadBytes: number;
  waitingBytes: number;
  unsentBytes: number;
  embeddingBytes: number;
  imageBytes: number;
  /** Pixels that are being decoded, in the picture processes. */
  decodeBytes: number;
  /** Embeddings of a decoder, and as much again of tensors in its workers. */
  decoderCacheBytes: number;
}

/** Measured by `bench footprint`, and a little more; a decoder's workers count besides. */
const restBytes: Record<Role, number> = {
  gateway: 100 * MiB,
  encoder: 680 * MiB,
  decoder: 600 * MiB,
  all: 1100 * MiB,
};
const workerBytes = 50 * MiB;

/** A process that decodes pictures: at rest, and what its allocators may keep after a picture before it is replaced. */
export const pictureProcess = { restBytes: 70 * MiB, keptBytes: 160 * MiB };
/** The last to decode may keep what it has: what the next takes is in place of it. */
const processesBytes = (count: number) => count * pictureProcess.restBytes + (count - 1) * pictureProcess.keptBytes;

/** A gateway's work is in its heap; the others' is outside. V8 itself takes half of a small machine. */
const heapShare: Record<Role, number> = { gateway: 1 / 2, encoder: 1 / 4, decoder: 1 / 4, all: 1 / 4 };

/** Of each cache where there is room for all; a process is of little use with less than the least. */
const mostCacheBytes = { embeddingBytes: 512 * MiB, imageBytes: 512 * MiB, decoderCacheBytes: 256 * MiB };
const leastCacheBytes = 16 * MiB;
/** Decoding: no less than phones' pictures need, no more than the costliest one that is taken. */
const decode = { leastBytes: 256 * MiB, mostBytes: 2048 * MiB };

/** Default budgets and caches for a process of that role: all of them together fit into its memory. */
export function planMemory(
  role: Role,
  { limitBytes, heapLimitBytes }: ProcessMemory,
  { workers, pictureProcesses }: { workers: number; pictureProcesses: number },
): MemoryPlan {
  const decodes = role === "decoder" || role === "all";
  const encodes = role === "encoder" || role === "all";
  const fixed = {
    restBytes:
      restBytes[role] + (decodes ? workers * workerBytes : 0) + (encodes ? processesBytes(pictureProcesses) : 0),
    heapBytes: Math.floor(Math.min(heapLimitBytes, limitBytes * heapShare[role])),
    uploadBytes: Math.floor(limitBytes / 8),
    waitingBytes: Math.floor(limitBytes / 32),
    unsentBytes: Math.floor(limitBytes / 16),
  };
  const least = {
    embeddingBytes: leastCacheBytes,
    imageBytes: leastCacheBytes,
    decoderCacheBytes: leastCacheBytes,
    decodeBytes: decode.leastBytes,
  };
  const leastPlanned = plannedBytes(role, { ...fixed, ...least });
  const mostPlanned = plannedBytes(role, { ...fixed, ...mostCacheBytes, decodeBytes: decode.mostBytes });
  // What is left is shared by the caches and by decoding, in proportion to the most that each can use.
  const share =
    mostPlanned > leastPlanned
      ? Math.min(1, Math.max(0, (limitBytes - leastPlanned) / (mostPlanned - leastPlanned)))
      : 1;
  const between = (from: number, to: number) => Math.floor(from + share * (to - from));
  const cache = (most: number) => between(leastCacheBytes, most);
  return {
    ...fixed,
    embeddingBytes: cache(mostCacheBytes.embeddingBytes),
    imageBytes: cache(mostCacheBytes.imageBytes),
    decoderCacheBytes: cache(mostCacheBytes.decoderCacheBytes),
    decodeBytes: between(decode.leastBytes, decode.mostBytes),
  };
}

/** Parts of a plan that a process of that role fills, by what they are called in the log. */
export function partsOf(role: Role, plan: MemoryPlan): Record<string, number> {
  const isGateway = role === "gateway" || role === "all";
  const hasStores = role === "encoder" || role === "all";
  const decodes = role === "decoder" || role === "all";
  return {
    rest: plan.restBytes,
    heap: plan.heapBytes,
    uploads: plan.uploadBytes,
    ...(isGateway ? { waiting: plan.waitingBytes, unsent: plan.unsentBytes } : {}),
    ...(hasStores ? { embeddings: plan.embeddingBytes, pictures: plan.imageBytes, decoding: plan.decodeBytes } : {}),
    ...(decodes ? { decoderEmbeddings: plan.decoderCacheBytes, decoderTensors: plan.decoderCacheBytes } : {}),
  };
}

export function plannedBytes(role: Role, plan: MemoryPlan): number {
  return Object.values(partsOf(role, plan)).reduce((sum, bytes) => sum + bytes, 0);
}

/** What a process with these settings may take, part by part: for its log. */
export function describeMemory({ role, memory, limits, budgets, cache, decoder }: Settings) {
  const plan = {
    ...memory,
    ...budgets,
    ...cache,
    decoderCacheBytes: decoder.cacheBytes,
    decodeBytes: limits.maxDecodeBytes,
  };
  const plannedTotal = plannedBytes(role, plan);
  return {
    fits: plannedTotal <= memory.limitBytes,
    limit: mebibytes(memory.limitBytes),
    planned: mebibytes(plannedTotal),
    parts: Object.fromEntries(Object.entries(partsOf(role, plan)).map(([name, bytes]) => [name, mebibytes(bytes)])),
  };
}

const mebibytes = (bytes: number) => `${bytes} (${Math.round(bytes / MiB)} MiB)`;
