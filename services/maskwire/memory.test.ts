import { describe, expect, it } from "vitest";
import { describeMemory } from "../runtime/limits/memory-plan.js";
import { type Role, roles } from "./roles.js";
import { type Env, readEnv, shapeSettings } from "./settings.js";

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** V8's own limit: half of the memory, up to 2 GiB, or 4 GiB on a machine of 15 GiB. */
const memoryOf = (limitBytes: number) => ({
  limitBytes,
  heapLimitBytes: Math.min(limitBytes / 2, limitBytes < 15 * GiB ? 2 * GiB : 4 * GiB),
});

const shared = readEnv({
  MASKWIRE_CACHE_URL: "redis://cache:6379",
  MASKWIRE_ENCODER_ADDRESS: "encoder:50051",
  MASKWIRE_DECODER_ADDRESSES: "decoder:50052",
  MASKWIRE_DECODER_WORKERS: "2",
});
const settingsOf = (role: Role, size: number, env: Env = {}) =>
  shapeSettings({ ...shared, ...env, MASKWIRE_ROLE: role }, memoryOf(size));
const partsOf = (role: Role, size: number) => settingsOf(role, size).memory.parts;

/** From the least that holds a role's models and workers: below that no cache is small enough. */
const leastMiB: Record<Role, number> = { gateway: 512, encoder: 2176, decoder: 1280, dataset: 512, all: 3840 };
const sizes = [512, 768, 1024, 1152, 1280, 1536, 2176, 3072, 3840, 4096, 6144, 8192, 16_384, 24_576, 32_768, 65_536];

const cache = { embeddings: 512 * MiB, pictures: 512 * MiB };
const decoding = { decoding: 2048 * MiB };
const decoded = { decoderEmbeddings: 256 * MiB, decoderTensors: 256 * MiB, trackMemories: 128 * MiB };
const looking = { measuring: 512 * MiB, thumbnails: 64 * MiB };
/** What a role's caches and decoding grow to, and all that it has beside heap, uploads and itself. */
const most: Record<Role, Record<string, number>> = {
  gateway: { waiting: 2048 * MiB, unsent: 4096 * MiB, json: 256 * MiB, videos: 4096 * MiB, adapterVideos: 0 },
  encoder: { ...cache, ...decoding },
  decoder: decoded,
  dataset: looking,
  all: {
    waiting: 2048 * MiB,
    unsent: 4096 * MiB,
    json: 256 * MiB,
    videos: 4096 * MiB,
    adapterVideos: 0,
    ...cache,
    ...decoding,
    ...decoded,
    ...looking,
  },
};

describe.each(roles)("what a process of the role %s may take", (role) => {
  it.each(sizes.filter((size) => size >= leastMiB[role]))("fits into %i MiB", (size) => {
    expect(describeMemory(settingsOf(role, size * MiB).memory).fits).toBe(true);
  });

  it.each({ gateway: [512, 65_536], all: [4096, 65_536], encoder: [], decoder: [], dataset: [] }[role])(
    "fits into %i MiB with the frames that annotation tools send, too",
    (size) => {
      const { memory } = settingsOf(role, size * MiB, { MASKWIRE_ADAPTERS: ["x-anylabeling"] });
      expect(memory.parts.adapterVideos).toBeGreaterThanOrEqual((size / 64) * MiB);
      expect(describeMemory(memory).fits).toBe(true);
    },
  );

  it("grows with the memory, and its caches up to a bound", () => {
    const plans = sizes.map((size) => partsOf(role, size * MiB));
    for (const [at, plan] of plans.slice(1).entries()) {
      const before = plans[at] as typeof plan;
      for (const [name, bytes] of Object.entries(plan)) {
        expect(bytes, name).toBeGreaterThanOrEqual(before[name] as number);
      }
    }
    const { rest: _rest, heap: _heap, uploads: _uploads, ...others } = plans.at(-1) ?? {};
    expect(others).toEqual(most[role]);
  });

  it("is told part by part, and told to be too much where it is", () => {
    const told = (size: number) => describeMemory(settingsOf(role, size * MiB).memory);
    expect(told(8192)).toMatchObject({ fits: true, limit: "8589934592 (8192 MiB)" });
    expect(told(8192).parts).toMatchObject({ uploads: "1073741824 (1024 MiB)" });
    expect(told(128).fits).toBe(false);
  });
});

it("what is set stands over what is planned, and counts", () => {
  const settings = settingsOf("decoder", 4 * GiB, { MASKWIRE_DECODER_CACHE_BYTES: 3 * GiB });
  expect(settings.decoder.cacheBytes).toBe(3 * GiB);
  expect(describeMemory(settings.memory).fits).toBe(false);
});

it("counts the processes that decode pictures, and what they may take together", () => {
  const encoder = (env: Env) => settingsOf("encoder", 4 * GiB, env);
  const [one, four] = [encoder({}), encoder({ MASKWIRE_PICTURE_PROCESSES: 4 })];
  expect((four.memory.parts.rest as number) - (one.memory.parts.rest as number)).toBe(3 * (70 + 160) * MiB);
  expect(four.encoder.limits.maxDecodeBytes).toBeLessThan(one.encoder.limits.maxDecodeBytes);
  const set = encoder({ MASKWIRE_PICTURE_BYTES: 3 * GiB });
  expect(set.encoder.limits.maxDecodeBytes).toBe(3 * GiB);
  expect(set.memory.parts.decoding).toBe(3 * GiB);
  expect(describeMemory(set.memory).fits).toBe(false);
});
