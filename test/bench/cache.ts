import { randomBytes } from "node:crypto";
import KeyvRedis from "@keyv/redis";
import { createClient, RESP_TYPES } from "@redis/client";
import { Keyv } from "keyv";
import { pino } from "pino";
import { weightsOf } from "../../services/inference/families/weights-of.js";
import { embeddingRef } from "../../services/inference/models/embedding-ref.js";
import { Manifest } from "../../services/inference/models/manifest.js";
import { embeddingTensors } from "../../services/inference/models/model-tensors.js";
import { createMetrics } from "../../services/runtime/host-metrics.js";
import { encodeEmbeddingRecord } from "../../services/stores/embedding-record.js";
import { openStores } from "../../services/stores/open-stores.js";
import { RedisServer } from "../support/redis-server.js";
import { testSettings } from "../support/start-maskwire.js";
import { atMost, type Outcome, round, type Suite } from "./report.js";
import { median, p50p95 } from "./statistics.js";

const rounds = 240;
const warmUp = 30;

/** What the bar allows our store to cost, as a multiple of the bare client. */
const mostTimes = 1.5;

/** `verified`: as the encoder reads what it hands on, all checksums verified on the event loop. */
type Name = "store" | "verified" | "bare" | "keyv";

/** One way to keep an embedding. */
interface Way {
  set(): Promise<unknown>;
  /** @returns the record's bytes. */
  get(): Promise<Uint8Array>;
}

export const suite: Suite = {
  title: `a 2 MiB embedding to and from Redis: our store, the bare client with Buffers, Keyv's own codec; ${rounds} interleaved rounds`,
  async run(say) {
    await using redis = await RedisServer.start();
    const { ref, record } = embedding();
    const { cache } = testSettings({ MASKWIRE_CACHE_URL: redis.url });
    const stores = openStores({ ...cache, hereToo: "nothing" }, createMetrics(), pino({ level: "silent" }));
    const bare = createClient({ url: redis.url });
    await bare.connect();
    const binary = bare.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    const keyv = new Keyv({ store: new KeyvRedis(redis.url), namespace: "codec", ttl: cache.ttlMs });
    const buffer = Buffer.from(record);
    const ways: Record<Name, Way> = {
      store: {
        set: () => stores.embeddings.set(ref, record),
        // As the decoder reads it: the tensors' checksum is the workers' to verify.
        get: async () => (await stores.embeddings.getUnverified(ref))?.record ?? missing(),
      },
      verified: {
        set: () => stores.embeddings.set(ref, record),
        get: async () => (await stores.embeddings.get(ref))?.record ?? missing(),
      },
      bare: {
        set: () => binary.set("bare", buffer, { PX: cache.ttlMs }),
        get: async () => ((await binary.get("bare")) as Buffer | null) ?? missing(),
      },
      keyv: {
        set: () => keyv.set("key", buffer),
        get: async () => (await keyv.get<Buffer>("key")) ?? missing(),
      },
    };
    try {
      while ((await ways.store.set()) !== "shared") await new Promise((resolve) => setTimeout(resolve, 10));
      const times = await measure(ways, buffer);
      say(`${rounds} rounds done`);
      return report(times, record.byteLength);
    } finally {
      await stores.close();
      await keyv.disconnect();
      bare.destroy();
    }
  },
};

type Times = Record<Name, { set: number[]; get: number[] }>;

/** Every way comes after every other equally often: one that leaves much garbage burdens whoever follows. */
const orders: readonly Name[][] = [
  ["store", "bare", "keyv", "verified"],
  ["bare", "verified", "store", "keyv"],
  ["verified", "keyv", "bare", "store"],
  ["keyv", "store", "verified", "bare"],
];

async function measure(ways: Record<Name, Way>, expected: Buffer): Promise<Times> {
  const none = () => ({ set: [], get: [] });
  const times: Times = { store: none(), verified: none(), bare: none(), keyv: none() };
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const name of orders[round % orders.length] ?? []) {
      const [set] = await timed(ways[name].set);
      const [get, found] = await timed(ways[name].get);
      if (expected.compare(found) !== 0) throw new Error(`${name} gave back other bytes than it was given`);
      if (round < warmUp) continue;
      times[name].set.push(set);
      times[name].get.push(get);
    }
  }
  return times;
}

async function timed<T>(run: () => Promise<T>): Promise<[ms: number, result: T]> {
  const startedAt = performance.now();
  const result = await run();
  return [performance.now() - startedAt, result];
}

function report(times: Times, bytes: number): Outcome {
  const ratio = (name: Name, operation: "set" | "get") =>
    median(times[name][operation]) / median(times.bare[operation]);
  return {
    bars: (["set", "get"] as const).map((operation) =>
      atMost(`${operation}: our store against the bare client`, ratio("store", operation), mostTimes, "times"),
    ),
    detail: {
      bytes,
      rounds,
      ms: Object.fromEntries(
        Object.entries(times).flatMap(([name, { set, get }]) => [
          [`${name} set`, p50p95(set)],
          [`${name} get`, p50p95(get)],
        ]),
      ),
      "get with every checksum verified on the event loop, against the bare client": round(ratio("verified", "get")),
      "Keyv's own codec against the bare client": {
        set: round(ratio("keyv", "set")),
        get: round(ratio("keyv", "get")),
      },
    },
  };
}

/** A record of the default model with noise for an embedding. */
function embedding() {
  const manifest = Manifest.read();
  const model = manifest.get(manifest.defaultId);
  const imageId = `sha256:${"0".repeat(64)}`;
  const tensors = embeddingTensors(model).map(({ dims }) => {
    const noise = new Uint8Array(randomBytes(2 * dims.reduce((product, dim) => product * dim, 1)));
    return new Uint16Array(noise.buffer, noise.byteOffset, noise.byteLength / 2);
  });
  const header = { imageId, modelId: model.id, weights: weightsOf(model, "encoder"), width: 1024, height: 768 };
  const whole = { ...header, dtype: "float16" as const, tensors: embeddingTensors(model) };
  return { ref: embeddingRef({ tenant: undefined, imageId, model }), record: encodeEmbeddingRecord(whole, tensors) };
}

function missing(): never {
  throw new Error("what was set was not there");
}
