import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pictureSet } from "../inference/picture-set.js";
import { keyOfTenant } from "../runtime/callers/tenant.js";
import { Code } from "../runtime/errors.js";
import type { CacheConnection } from "./cache-connection.js";
import { LayeredStore } from "./layered-store.js";
import { type LeaseKeys, MemoryLeaseKeys } from "./lease-keys.js";
import { Leases } from "./leases.js";
import { createMemoryStore } from "./memory-store.js";
import { PictureDeletion } from "./picture-deletion.js";
import { createRedisStore } from "./redis-store.js";
import { storeOptions } from "./testing/blob-store-contract.js";
import { serverOf, TestConnection } from "./testing/connected-store.js";
import { ask, RedisCluster } from "./testing/redis-cluster.js";
import { findRedisServer, RedisServer } from "./testing/redis-server.js";

const { signal: never } = new AbortController();
const bytes = Uint8Array.of(1, 2, 3);
const idOf = (number: number) => `sha256:${number.toString(16).padStart(64, "0")}`;
const tenants = ["acme", "acme-2", "sha256", undefined];
/** Enough for every node of a Cluster, and for SCAN to take several turns. */
const pictures = Array.from({ length: 300 }, (_, number) => idOf(number));

/** A process with what it keeps itself and a part in the shared cache, as an encoder opens it. */
function open(connection: CacheConnection, namespace: string) {
  const store = (name: string) => {
    const options = storeOptions({ namespace: `${namespace}:${name}` });
    return new LayeredStore(createMemoryStore(10_000_000, options), createRedisStore(connection, options));
  };
  const [embeddings, images] = [store("embedding"), store("image")];
  const deletion = new PictureDeletion({ stores: [embeddings, images], keys: connection, namespace, termMs: 60_000 });
  const leases = new Leases(connection, { namespace, termMs: 60_000 });
  return { embeddings, images, deletion, leases };
}

describe.skipIf(!findRedisServer())("K4, K5 what is deleted (needs redis-server)", () => {
  const servers: AsyncDisposable[] = [];
  let kinds: Record<string, { url: string; masters: RedisServer[] }>;
  beforeAll(async () => {
    const [single, cluster] = await Promise.all([RedisServer.start(), RedisCluster.start(3)]);
    servers.push(single, cluster);
    kinds = { server: { url: single.url, masters: [single] }, Cluster: cluster };
  });
  afterAll(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]();
  });

  it.each(["server", "Cluster"])(
    "is gone from every node of a %s and from memory, and nothing else is",
    async (kind) => {
      const { url, masters } = kinds[kind] as { url: string; masters: RedisServer[] };
      const connection = new TestConnection(serverOf(url));
      await connection.until("closed");
      const namespace = randomUUID();
      const one = open(connection, namespace);
      const other = open(connection, `${namespace}-2`);
      const listed = async () => {
        const all = await Promise.all(masters.map((master) => ask(master, "KEYS", "*")));
        return all.flatMap((keys) => keys.split(",")).filter((key) => key.startsWith(namespace));
      };
      for (const tenant of tenants) {
        for (const imageId of tenant === "acme" ? pictures : pictures.slice(0, 3)) {
          const key = keyOfTenant(tenant, `${imageId}:r1`);
          for (const store of [one.embeddings, one.images, other.images]) await store.set(key, bytes);
        }
        await one.leases.acquire(keyOfTenant(tenant, `${pictures[0]}:r1`));
      }
      const before = await listed();
      /** What is not deleted is all there is, but for the note that the others were. */
      const expectGone = async (prefix: string, stays: (key: string) => boolean) => {
        const left = await listed();
        expect(left.filter((key) => !key.startsWith(`${namespace}:deleted:`)).sort()).toEqual(
          before.filter(stays).sort(),
        );
        expect(left.filter((key) => key.includes(prefix)).map((key) => key.split(":")[1])).toEqual(
          expect.arrayContaining(["deleted"]),
        );
      };
      const isOf = (key: string, prefix: string) =>
        /^(embedding|image|lease):/.test(key) && key.split(/^\w+:/)[1]?.startsWith(prefix);
      const inOne = (key: string) => (key.startsWith(`${namespace}:`) ? key.slice(namespace.length + 1) : "");
      const gone: string[] = [];
      for (const set of [
        pictureSet("acme", pictures[0]),
        pictureSet("acme", pictures[299]),
        pictureSet("acme", undefined),
        pictureSet(undefined, undefined),
      ]) {
        await one.deletion.delete(set, never);
        gone.push(set.prefix);
        await expectGone(set.prefix, (key) => !gone.some((prefix) => isOf(inOne(key), prefix)));
      }
      for (const tenant of tenants) {
        const key = keyOfTenant(tenant, `${pictures[1]}:r1`);
        const isThere = tenant === "acme-2" || tenant === "sha256";
        expect(await one.embeddings.get(key, 10), String(tenant)).toEqual(isThere ? Buffer.from(bytes) : undefined);
        expect(await other.images.has(key)).toBe(true);
      }
      connection.close();
    },
  );

  it("K7 says so when a node does not answer, and goes as far as it can", async () => {
    const cluster = kinds.Cluster as { url: string; masters: RedisServer[] };
    const connection = new TestConnection(serverOf(cluster.url), 300);
    await connection.until("closed");
    const { images, deletion } = open(connection, randomUUID());
    const keys = pictures.slice(0, 60).map((imageId) => keyOfTenant("acme", `${imageId}:r1`));
    for (const key of keys) await images.set(key, bytes);
    const [hanging] = cluster.masters;
    hanging?.pause();
    try {
      await expect(deletion.delete(pictureSet("acme", undefined), never)).rejects.toThrow();
    } finally {
      hanging?.resume();
    }
    await connection.until("closed");
    await deletion.delete(pictureSet("acme", undefined), never);
    for (const key of keys) expect(await images.has(key)).toBe(false);
    connection.close();
  });
});

describe("K4 many deletions at once", () => {
  /** Keys in memory, and the looks at all of them, each of which ends when the test says so. */
  function watched() {
    const keys = new MemoryLeaseKeys();
    const looks: { pattern: string; signal: AbortSignal; end: () => void }[] = [];
    const deleteAll: LeaseKeys["deleteAll"] = async (pattern, isMeant, signal) => {
      await new Promise<void>((end) => {
        looks.push({ pattern, signal, end });
        signal.addEventListener("abort", () => end());
      });
      signal.throwIfAborted();
      await keys.deleteAll(pattern, isMeant);
    };
    const over = new Proxy(keys, {
      get: (target, name) => {
        if (name === "deleteAll") return deleteAll;
        const own = Reflect.get(target, name);
        return typeof own === "function" ? own.bind(target) : own;
      },
    });
    const deletion = new PictureDeletion({ stores: [], keys: over, namespace: "test", termMs: 60_000 });
    const keep = (...names: string[]) => Promise.all(names.map((name) => keys.set(`test:${name}`, "acme", 60_000)));
    const has = async (name: string) => (await keys.head(`test:${name}`, 9)) !== undefined;
    const look = async (index: number) => {
      while (!looks[index]) await new Promise(setImmediate);
      return looks[index] as (typeof looks)[number];
    };
    return { deletion, looks, look, keep, has };
  }
  const settle = () => new Promise(setImmediate);
  const acme = (index: number) => pictureSet("acme", pictures[index]);

  it("look through the cache once, and once more for all that came meanwhile", async () => {
    const { deletion, looks, look, keep, has } = watched();
    const names = Array.from({ length: 50 }, (_, index) => `embedding:${acme(index).prefix}m`);
    await keep(...names, `embedding:${acme(50).prefix}m`, `image:t=other:${pictures[1]}:r1`);
    const first = deletion.delete(acme(0), never);
    const { end } = await look(0);
    const others = names.slice(1).map((_, index) => deletion.delete(acme(index + 1), new AbortController().signal));
    await settle();
    end();
    (await look(1)).end();
    await Promise.all([first, ...others]);
    expect(looks).toHaveLength(2);
    for (const name of names) expect(await has(name)).toBe(false);
    expect(await has(`embedding:${acme(50).prefix}m`)).toBe(true);
    expect(await has(`image:t=other:${pictures[1]}:r1`)).toBe(true);
  });

  it("end when nobody waits any more, and not before", async () => {
    const { deletion, looks, look } = watched();
    const callers = [0, 1, 2].map(() => new AbortController());
    const begun = (index: number) => deletion.delete(acme(index), (callers[index] as AbortController).signal);
    const first = begun(0);
    const { signal } = await look(0);
    const [second, third] = [begun(1), begun(2)];
    for (const one of [first, second, third]) one.catch(() => {});
    await settle();
    callers[0]?.abort();
    await expect(first).rejects.toThrow();
    expect(signal.aborted).toBe(true);
    const next = await look(1);
    callers[1]?.abort();
    await expect(second).rejects.toThrow();
    expect(next.signal.aborted).toBe(false);
    next.end();
    await third;
    expect(looks).toHaveLength(2);
  });

  it("need no look when they were given up before it began, and take none from who comes then", async () => {
    const { deletion, looks, look } = watched();
    const first = deletion.delete(acme(0), never);
    const { end } = await look(0);
    const caller = new AbortController();
    const second = deletion.delete(acme(1), caller.signal);
    second.catch(() => {});
    await settle();
    caller.abort();
    await expect(second).rejects.toThrow();
    const third = deletion.delete(acme(2), never);
    await settle();
    end();
    const next = await look(1);
    expect(next.pattern).toContain(acme(2).prefix);
    next.end();
    await Promise.all([first, third]);
    expect(looks).toHaveLength(2);
  });

  it("delete at once what is known of a picture, and what says that the tenant has it", async () => {
    const { deletion, look, keep, has } = watched();
    const { prefix } = acme(0);
    const known = { images: [`${prefix}r1`], embeddings: [`${prefix}m`] };
    const names = [`image:${prefix}r1`, `embedding:${prefix}m`, `twin:${pictures[0]}:m`];
    await keep(...names);
    const deleted = deletion.delete(acme(0), never, known);
    const { end } = await look(0);
    for (const name of names) expect(await has(name), name).toBe(false);
    end();
    await deleted;
  });
});

describe("K6 what is under way", () => {
  const key = keyOfTenant("acme", `${pictures[0]}:r1`);
  const { prefix } = pictureSet("acme", undefined);

  /** A shared store whose answers come when the test says so. */
  function slow() {
    const inner = createMemoryStore(1_000_000, storeOptions());
    const waiting: (() => void)[] = [];
    const turn = () => new Promise<void>((resolve) => waiting.push(resolve));
    return {
      inner,
      waiting,
      get: async (name: string, most: number) => {
        const found = await inner.get(name, most);
        await turn();
        return found;
      },
      head: inner.head.bind(inner),
      has: inner.has.bind(inner),
      set: async (name: string, value: Uint8Array) => {
        await turn();
        return inner.set(name, value);
      },
      delete: inner.delete.bind(inner),
      forget: () => {},
      close: async () => {},
    };
  }
  const begun = async ({ waiting }: ReturnType<typeof slow>) => {
    while (waiting.length === 0) await new Promise(setImmediate);
  };

  it("does not come back by a read that began before", async () => {
    const shared = slow();
    await shared.inner.set(key, bytes);
    const near = createMemoryStore(1_000_000, storeOptions());
    const store = new LayeredStore(near, shared);
    const read = store.get(key, 100);
    await begun(shared);
    store.forget(prefix);
    shared.waiting.shift()?.();
    expect(await read).toBeUndefined();
    expect(await near.has(key)).toBe(false);
  });

  it("does not come back by what was owed to the shared cache", async () => {
    const near = createMemoryStore(1_000_000, storeOptions());
    const store = new LayeredStore(near, { ...slow(), set: async () => false });
    await store.set(key, bytes);
    expect(store.isOwed(key)).toBe(true);
    store.forget(prefix);
    expect(store.isOwed(key)).toBe(false);
    expect(await near.has(key)).toBe(false);
  });

  it("does not come back by being shared at that moment", async () => {
    const shared = slow();
    const store = new LayeredStore(createMemoryStore(1_000_000, storeOptions()), shared);
    const kept = store.set(key, bytes);
    await begun(shared);
    shared.waiting.shift()?.();
    await kept;
    await shared.inner.delete(key);
    const sharing = store.share(key);
    await begun(shared);
    store.forget(prefix);
    shared.waiting.shift()?.();
    expect(await sharing).toBe(false);
    expect(await shared.inner.has(key)).toBe(false);
  });

  it("finds by a note that it was deleted, by whoever has published something meanwhile", async () => {
    const keys = new MemoryLeaseKeys();
    const [here, there] = [1, 2].map(
      () => new PictureDeletion({ stores: [], keys, namespace: "test", termMs: 60_000 }),
    ) as [PictureDeletion, PictureDeletion];
    const picture = { tenant: "acme", imageId: pictures[0] as string };
    const latest = () => here.latest(picture);
    const before = await latest();
    await there.delete(pictureSet("other", undefined), never);
    await there.delete(pictureSet("acme", pictures[1]), never);
    expect(await latest()).toBe(before);
    const notes = [before];
    for (const set of [
      pictureSet("acme", pictures[0]),
      pictureSet("acme", undefined),
      pictureSet("acme", pictures[0]),
    ]) {
      await there.delete(set, never);
      notes.push(await latest());
    }
    expect(new Set(notes).size).toBe(4);
  });
});

describe("K9 a picture of a data set", () => {
  const [tenant, imageId] = ["acme", idOf(1)];
  const deleted: (string | undefined)[] = [];
  const deletion = new PictureDeletion({
    stores: [],
    keys: new MemoryLeaseKeys(),
    namespace: "here",
    termMs: 1000,
    durable: {
      describe: async (picture) =>
        picture.tenant === tenant && picture.imageId === imageId ? { width: 4, height: 3 } : undefined,
      bytesOf: async () => 12,
      open: async function* () {},
      deleteAll: async (one) => void deleted.push(one),
    },
  });

  it("is not deleted by itself, and those of others are", async () => {
    await expect(deletion.checkMayGo(pictureSet(tenant, imageId))).rejects.toMatchObject({
      code: Code.FAILED_PRECONDITION,
      reason: "IN_DATASET",
    });
    for (const other of [pictureSet(tenant, idOf(2)), pictureSet("other", imageId), pictureSet(tenant, undefined)]) {
      await expect(deletion.checkMayGo(other)).resolves.toBeUndefined();
    }
  });

  it("keeps its file when it has come there meanwhile, and goes with all of its tenant", async () => {
    await deletion.delete(pictureSet(tenant, imageId), never);
    expect(deleted).toEqual([]);
    await deletion.delete(pictureSet(tenant, undefined), never);
    expect(deleted).toEqual([tenant]);
  });
});
