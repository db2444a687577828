import { createClient } from "@redis/client";
import { until } from "./redis-cluster.js";
import { quickSync, RedisServer } from "./redis-server.js";

const masterName = "maskwire-cache";
const password = "data p@ss:word/";
export const sentinelPassword = "sentinel-password";

/** A master, a replica and three Sentinels of our own; everything wants a password. */
export class RedisSentinels implements AsyncDisposable {
  readonly sentinels: RedisServer[] = [];
  /** The first master, and the replica that follows it. */
  readonly servers: RedisServer[] = [];

  static async start(): Promise<RedisSentinels> {
    const all = new RedisSentinels();
    try {
      await all.#start();
      return all;
    } catch (error) {
      await all[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    const hosts = this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join();
    return `redis+sentinel://:${encodeURIComponent(password)}@${hosts}/${masterName}?db=3`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.sentinels, ...this.servers].map((one) => one[Symbol.asyncDispose]()));
  }

  async #start(): Promise<void> {
    const login = ["--requirepass", password, "--masterauth", password, ...quickSync];
    const master = await RedisServer.start({ args: login });
    this.servers.push(master);
    this.servers.push(await RedisServer.start({ args: [...login, "--replicaof", `127.0.0.1 ${master.port}`] }));
    for (let index = 0; index < 3; index++) {
      this.sentinels.push(
        await RedisServer.start({
          sentinel: [
            `requirepass ${sentinelPassword}`,
            `sentinel sentinel-pass ${sentinelPassword}`,
            `sentinel monitor ${masterName} 127.0.0.1 ${master.port} 2`,
            `sentinel auth-pass ${masterName} "${password}"`,
            `sentinel down-after-milliseconds ${masterName} 500`,
            `sentinel failover-timeout ${masterName} 2000`,
          ],
        }),
      );
    }
    // They find each other, and the replica, by themselves.
    const ready = /num-slaves,1,num-other-sentinels,2,/;
    await Promise.all(this.sentinels.map((one) => until(async () => ready.test(await describeMaster(one)))));
  }
}

async function describeMaster(sentinel: RedisServer): Promise<string> {
  const client = createClient({ socket: { host: "127.0.0.1", port: sentinel.port }, password: sentinelPassword });
  client.on("error", () => {});
  await client.connect();
  try {
    return String(await client.sendCommand(["SENTINEL", "MASTER", masterName]));
  } finally {
    client.destroy();
  }
}
