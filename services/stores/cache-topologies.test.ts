import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../runtime/testing/free-port.js";
import { CacheError } from "./cache-error.js";
import type { CacheServer } from "./cache-link.js";
import type { KeyvStoreOptions } from "./keyv-store.js";
import { Leases } from "./leases.js";
import { blobStoreContract, sharedStoreContract } from "./testing/blob-store-contract.js";
import { Certificates } from "./testing/certificates.js";
import { openConnectedStore, serverOf, TestConnection } from "./testing/connected-store.js";
import { ask, RedisCluster, until } from "./testing/redis-cluster.js";
import { RedisSentinels, sentinelPassword } from "./testing/redis-sentinels.js";
import { findRedisServer, RedisServer } from "./testing/redis-server.js";

const isInstalled = findRedisServer() !== undefined;

const connect = async (server: CacheServer, timeoutMs?: number) => {
  const connection = new TestConnection(server, timeoutMs);
  await connection.until("closed");
  return connection;
};

/** Releases many leases by one connection; resolves when those who wait for them by another have heard, and not looked. */
async function releaseMany(holder: TestConnection, waiter: TestConnection): Promise<void> {
  const leases = (connection: TestConnection) => new Leases(connection, { namespace: "heard", termMs: 600_000 });
  await Promise.all(
    manyKeys.slice(0, 12).map(async (name) => {
      const lease = await leases(holder).acquire(name);
      if (typeof lease === "string") throw new Error(lease);
      let freed: Promise<unknown> | undefined;
      await new Promise<void>((resolve) => {
        freed = leases(waiter).freed(name, new AbortController().signal, () => resolve());
      });
      await lease.release("DAMAGED");
      expect(await freed).toEqual({ verdict: "DAMAGED" });
    }),
  );
}

/** Every key that a cluster's nodes share, some on each. */
const manyKeys = Array.from({ length: 60 }, () => randomUUID());

/** Keys that cannot be set, by the kind of error. */
async function setAll(connection: TestConnection): Promise<string[]> {
  const outcomes = await Promise.allSettled(manyKeys.map((key) => connection.set(key, "value", 60_000)));
  return outcomes.flatMap((one) => {
    if (one.status === "fulfilled") return [];
    expect(one.reason).toBeInstanceOf(CacheError);
    return [(one.reason as CacheError).kind];
  });
}

describe.skipIf(!isInstalled)("a store behind Sentinels (needs redis-server)", () => {
  let redis: RedisSentinels;
  let server: CacheServer;

  beforeAll(async () => {
    redis = await RedisSentinels.start();
    server = serverOf(redis.url, { sentinelLogin: { username: undefined, password: sentinelPassword } });
  });
  afterAll(() => redis[Symbol.asyncDispose]());

  const open = (options: KeyvStoreOptions) => openConnectedStore(server, options);
  blobStoreContract(open);
  sharedStoreContract(open);

  it("wakes those who wait for a lease", async () => {
    const [holder, waiter] = [await connect(server), await connect(server)];
    await releaseMany(holder, waiter);
    holder.close();
    waiter.close();
  });

  it("works again when the master has died and another took its place, and when a Sentinel has died as well", async () => {
    const connection = await connect(server);
    await connection.set("key", "before", 60_000);
    await redis.servers[0]?.stop();
    await redis.sentinels[0]?.stop();
    await connection.until("open");
    await expect(connection.get("key", 100)).rejects.toBeInstanceOf(CacheError);
    await connection.until("closed");
    await connection.set("key", "after", 60_000);
    expect(String(await connection.get("key", 100))).toBe("after");
    connection.close();
  });
});

describe.skipIf(!isInstalled)("a store in a Cluster (needs redis-server)", () => {
  let redis: RedisCluster;
  const open = (options: KeyvStoreOptions) => openConnectedStore(serverOf(redis.url), options);

  beforeAll(async () => {
    redis = await RedisCluster.start(3);
  });
  afterAll(() => redis[Symbol.asyncDispose]());

  blobStoreContract(open);
  sharedStoreContract(open);

  it("wakes those who wait for leases on every node, by a subscription at one", async () => {
    const [holder, waiter] = [await connect(serverOf(redis.url)), await connect(serverOf(redis.url))];
    await releaseMany(holder, waiter);
    holder.close();
    waiter.close();
  });

  it("puts keys on every node", async () => {
    const connection = await connect(serverOf(redis.url));
    expect(connection.nodes).toHaveLength(3);
    expect(await setAll(connection)).toEqual([]);
    for (const master of redis.masters) expect(Number(await ask(master, "DBSIZE"))).toBeGreaterThan(0);
    connection.close();
  });

  it("misses only the share of a node that hangs, and after a few timeouts at no cost", async () => {
    const connection = await connect(serverOf(redis.url), 200);
    redis.masters[2]?.pause();
    try {
      const kinds = await setAll(connection);
      expect(kinds.length).toBeGreaterThan(0);
      expect(kinds.length).toBeLessThan(manyKeys.length);
      expect(kinds.filter((kind) => kind === "timeout").length).toBeLessThanOrEqual(3);
      expect(new Set(await setAll(connection))).toEqual(new Set(["unavailable"]));
      expect(connection.nodes.filter(({ state }) => state === "closed")).toHaveLength(2);
    } finally {
      redis.masters[2]?.resume();
    }
    await connection.until("closed");
    await until(async () => (await setAll(connection)).length === 0);
    connection.close();
  });

  it("misses only the share of a node that has died, also when it connects only then, and takes it up again", async () => {
    const before = await connect(serverOf(redis.url));
    await redis.masters[1]?.stop();
    const after = new TestConnection(serverOf(redis.url));
    for (const connection of [before, after]) {
      const answering = () => connection.nodes.filter(({ state }) => state === "closed").length;
      await until(async () => answering() === 2 && connection.nodes.length === 3);
      const kinds = await setAll(connection);
      expect(kinds.length).toBeGreaterThan(0);
      expect(kinds.length).toBeLessThan(manyKeys.length);
    }
    await redis.masters[1]?.start();
    for (const connection of [before, after]) {
      await until(async () => (await setAll(connection)).length === 0);
      connection.close();
    }
  });
});

describe.skipIf(!isInstalled)("a Cluster with a replica (needs redis-server)", () => {
  it("is whole again when the replica has taken the place of its dead master", async () => {
    await using redis = await RedisCluster.start(3, 1);
    const connection = await connect(serverOf(redis.url));
    expect(await setAll(connection)).toEqual([]);
    await redis.masters[0]?.stop();
    await until(async () => (await setAll(connection)).length === 0);
    expect(connection.nodes.map(({ name }) => name)).toContain(`127.0.0.1:${redis.replicas[0]?.port}`);
    connection.close();
  });
});

describe.skipIf(!isInstalled || !Certificates.areAvailable)("a store over TLS (needs redis-server and openssl)", () => {
  let certificates: Certificates;
  let redis: RedisServer;
  let url: string;

  beforeAll(async () => {
    certificates = new Certificates();
    const port = await freePort();
    redis = await RedisServer.start({ args: [...certificates.serverArgs(port, "server"), "--requirepass", "secret"] });
    url = `rediss://default:secret@127.0.0.1:${port}`;
  });
  afterAll(async () => {
    await redis[Symbol.asyncDispose]();
    await certificates[Symbol.asyncDispose]();
  });

  const trusted = () => ({
    ca: certificates.read("ca.crt"),
    cert: certificates.read("client.crt"),
    key: certificates.read("client.key"),
  });
  const open = (options: KeyvStoreOptions) => openConnectedStore(serverOf(url, { certificates: trusted() }), options);
  blobStoreContract(open);
  sharedStoreContract(open);

  async function refusal(server: CacheServer): Promise<string> {
    const connection = new TestConnection(server);
    while (!connection.states.some(({ error }) => error)) await connection.changed();
    connection.close();
    const { error } = connection.states.find((one) => one.error) ?? {};
    return String(error);
  }

  it("refuses a server whose certificate it cannot check", async () => {
    const { ca: _ca, ...own } = trusted();
    expect(await refusal(serverOf(url, { certificates: own }))).toMatch(/certificate/);
  });

  it("refuses a certificate of another name, unless that name is set", async () => {
    const port = await freePort();
    await using other = await RedisServer.start({ args: certificates.serverArgs(port, "elsewhere") });
    expect(other.port).toBeGreaterThan(0);
    const there = `rediss://127.0.0.1:${port}`;
    expect(await refusal(serverOf(there, { certificates: trusted() }))).toMatch(/altnames|IP: 127/);
    const named = { ...trusted(), serverName: "cache.test" };
    (await connect(serverOf(there, { certificates: named }))).close();
  });

  it("is refused without a certificate of its own, and says nothing of its password", async () => {
    const { ca } = trusted();
    expect(await refusal(serverOf(url, { certificates: { ca } }))).not.toContain("secret");
  });

  it("is down, not broken, while its password is wrong", async () => {
    const wrong = serverOf(url.replace("secret", "other"), { certificates: trusted() });
    expect(await refusal(wrong)).toMatch(/WRONGPASS/);
  });
});
