import { describe, expect, it } from "vitest";
import { describeMemory, partsOf, planMemory, plannedBytes } from "./memory-plan.js";
import { type Env, type Role, readEnv, shapeSettings } from "./settings.js";

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** V8's own limit: half of the memory, up to 2 GiB, or 4 GiB on a machine of 15 GiB. */
const memoryOf = (limitBytes: number) => ({
  limitBytes,
  heapLimitBytes: Math.min(limitBytes / 2, limitBytes < 15 * GiB ? 2 * GiB : 4 * GiB),
});

const cache = readEnv({ MASKWIRE_CACHE_URL: "redis://cache:6379", MASKWIRE_DECODER_WORKERS: "2" });
const environments: Record<Role, Env> = {
  all: { MASKWIRE_DECODER_WORKERS: 2 },
  encoder: { ...cache, MASKWIRE_ROLE: "encoder" },
  decoder: { ...cache, MASKWIRE_ROLE: "decoder" },
  gateway: {
    MASKWIRE_ROLE: "gateway",
    MASKWIRE_ENCODER_ADDRESS: ["encoder:50051"],
    MASKWIRE_DECODER_ADDRESSES: ["decoder:50052"],
  },
};

const processes = { workers: 2, pictureProcesses: 1 };
/** From the least that holds a role's models and workers: below that no cache is small enough. */
const leastMiB: Record<Role, number> = { gateway: 512, encoder: 1664, decoder: 1280, all: 3072 };
const sizes = [512, 768, 1024, 1152, 1280, 1536, 1664, 2048, 3072, 4096, 6144, 8192, 16_384, 24_576, 32_768, 65_536];

describe.each(Object.entries(leastMiB) as [Role, number][])("what a process of the role %s may take", (role, least) => {
  it.each(sizes.filter((size) => size >= least))("fits into %i MiB", (size) => {
    expect(plannedBytes(role, planMemory(role, memoryOf(size * MiB), processes))).toBeLessThanOrEqual(size * MiB);
  });

  it("grows with the memory, and its caches up to a bound", () => {
    const plans = sizes.map((size) => planMemory(role, memoryOf(size * MiB), processes));
    for (const [at, plan] of plans.slice(1).entries()) {
      const before = partsOf(role, plans[at] as typeof plan);
      for (const [name, bytes] of Object.entries(partsOf(role, plan))) {
        expect(bytes, name).toBeGreaterThanOrEqual(before[name] as number);
      }
    }
    expect(plans.at(-1)).toMatchObject({
      embeddingBytes: 512 * MiB,
      imageBytes: 512 * MiB,
      decoderCacheBytes: 256 * MiB,
      decodeBytes: 2048 * MiB,
    });
  });

  it("is told part by part, and told to be too much where it is", () => {
    const told = (size: number) => describeMemory(shapeSettings(environments[role], memoryOf(size * MiB)));
    expect(told(8192)).toMatchObject({ fits: true, limit: "8589934592 (8192 MiB)" });
    expect(told(8192).parts).toMatchObject({ uploads: "1073741824 (1024 MiB)" });
    expect(told(128).fits).toBe(false);
  });
});

it("what is set stands over what is planned, and counts", () => {
  const env: Env = { ...environments.decoder, MASKWIRE_DECODER_CACHE_BYTES: 3 * GiB };
  const settings = shapeSettings(env, memoryOf(4 * GiB));
  expect(settings.decoder.cacheBytes).toBe(3 * GiB);
  expect(describeMemory(settings).fits).toBe(false);
});

it("counts the processes that decode pictures, and what they may take together", () => {
  const planned = (env: Env) => {
    const settings = shapeSettings({ ...environments.encoder, ...env }, memoryOf(4 * GiB));
    return { settings, parts: describeMemory(settings).parts };
  };
  const [one, four] = [planned({}), planned({ MASKWIRE_PICTURE_PROCESSES: 4 })];
  expect(four.settings.memory.restBytes - one.settings.memory.restBytes).toBe(3 * (70 + 160) * MiB);
  expect(four.settings.limits.maxDecodeBytes).toBeLessThan(one.settings.limits.maxDecodeBytes);
  const set = planned({ MASKWIRE_PICTURE_BYTES: 3 * GiB });
  expect(set.settings.limits.maxDecodeBytes).toBe(3 * GiB);
  expect(set.parts).toMatchObject({ decoding: "3221225472 (3072 MiB)" });
  expect(describeMemory(set.settings).fits).toBe(false);
});
