import type { Role, Settings } from "../settings.js";

const MiB = 1024 * 1024;

/** What a process may take, and V8's own limit within it. */
export interface ProcessMemory {
  limitBytes: number;
  heapLimitBytes: number;
}

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

/** A gateway's work is in its heap; the others' is outside. V8 itself takes half of a small machine. */
const heapShare: Record<Role, number> = { gateway: 1 / 2, encoder: 1 / 4, decoder: 1 / 4, all: 1 / 4 };

/** Of each cache where there is room for all; a process is of little use with less than the least. */
const mostCacheBytes = { embeddingBytes: 512 * MiB, imageBytes: 512 * MiB, decoderCacheBytes: 256 * MiB };
const leastCacheBytes = 16 * MiB;

/** Default budgets and caches for a process of that role: all of them together fit into its memory. */
export function planMemory(role: Role, { limitBytes, heapLimitBytes }: ProcessMemory, workers: number): MemoryPlan {
  const decodes = role === "decoder" || role === "all";
  const fixed = {
    restBytes: restBytes[role] + (decodes ? workers * workerBytes : 0),
    heapBytes: Math.floor(Math.min(heapLimitBytes, limitBytes * heapShare[role])),
    uploadBytes: Math.floor(limitBytes / 8),
    waitingBytes: Math.floor(limitBytes / 32),
    unsentBytes: Math.floor(limitBytes / 16),
  };
  const noCaches = { embeddingBytes: 0, imageBytes: 0, decoderCacheBytes: 0 };
  const room = limitBytes - plannedBytes(role, { ...fixed, ...noCaches });
  const most = plannedBytes(role, { ...fixed, ...mostCacheBytes }) - (limitBytes - room);
  const share = most > 0 ? Math.min(1, room / most) : 1;
  const cache = (most: number) => Math.max(leastCacheBytes, Math.floor(most * share));
  return {
    ...fixed,
    embeddingBytes: cache(mostCacheBytes.embeddingBytes),
    imageBytes: cache(mostCacheBytes.imageBytes),
    decoderCacheBytes: cache(mostCacheBytes.decoderCacheBytes),
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
    ...(hasStores ? { embeddings: plan.embeddingBytes, pictures: plan.imageBytes } : {}),
    ...(decodes ? { decoderEmbeddings: plan.decoderCacheBytes, decoderTensors: plan.decoderCacheBytes } : {}),
  };
}

export function plannedBytes(role: Role, plan: MemoryPlan): number {
  return Object.values(partsOf(role, plan)).reduce((sum, bytes) => sum + bytes, 0);
}

/** What a process with these settings may take, part by part: for its log. */
export function describeMemory({ role, memory, budgets, cache, decoder }: Settings) {
  const plan = { ...memory, ...budgets, ...cache, decoderCacheBytes: decoder.cacheBytes };
  const plannedTotal = plannedBytes(role, plan);
  return {
    fits: plannedTotal <= memory.limitBytes,
    limit: mebibytes(memory.limitBytes),
    planned: mebibytes(plannedTotal),
    parts: Object.fromEntries(Object.entries(partsOf(role, plan)).map(([name, bytes]) => [name, mebibytes(bytes)])),
  };
}

const mebibytes = (bytes: number) => `${bytes} (${Math.round(bytes / MiB)} MiB)`;
