import { createClient } from "@redis/client";
import { freePort } from "../../runtime/testing/free-port.js";
import { quickSync, RedisServer } from "./redis-server.js";

const slots = 16384;

/** A Redis Cluster of our own: masters that share the slots, and replicas of the first ones. */
export class RedisCluster implements AsyncDisposable {
  readonly masters: RedisServer[] = [];
  readonly replicas: RedisServer[] = [];

  static async start(masters: number, replicas = 0): Promise<RedisCluster> {
    const cluster = new RedisCluster();
    try {
      await cluster.#start(masters, replicas);
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Names every master. */
  get url(): string {
    return `redis+cluster://${this.masters.map(({ port }) => `127.0.0.1:${port}`).join()}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.masters, ...this.replicas].map((one) => one[Symbol.asyncDispose]()));
  }

  async #start(masters: number, replicas: number): Promise<void> {
    const buses: string[] = [];
    for (let index = 0; index < masters + replicas; index++) {
      const bus = String(await freePort());
      const timeout = ["--cluster-node-timeout", "1000", "--cluster-require-full-coverage", "no"];
      const args = ["--cluster-enabled", "yes", "--cluster-port", bus, ...timeout, ...quickSync];
      const server = await RedisServer.start({ args });
      (index < masters ? this.masters : this.replicas).push(server);
      buses.push(bus);
    }
    const all = [...this.masters, ...this.replicas];
    const first = all[0] as RedisServer;
    for (const [index, server] of this.masters.entries()) {
      const range = [index, index + 1].map((part) => Math.round((part * slots) / masters));
      const [from, to] = range as [number, number];
      await ask(server, "CLUSTER", "ADDSLOTSRANGE", String(from), String(to - 1));
      await ask(server, "CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
    }
    for (const [index, server] of all.entries()) {
      if (index > 0) await ask(first, "CLUSTER", "MEET", "127.0.0.1", String(server.port), buses[index] as string);
    }
    const known = `cluster_known_nodes:${all.length}`;
    await Promise.all(all.map((server) => until(async () => (await ask(server, "CLUSTER", "INFO")).includes(known))));
    for (const [index, replica] of this.replicas.entries()) {
      await ask(replica, "CLUSTER", "REPLICATE", await ask(this.masters[index] as RedisServer, "CLUSTER", "MYID"));
      await until(async () => (await ask(replica, "INFO", "replication")).includes("master_link_status:up"));
    }
    await Promise.all(all.map((one) => until(async () => (await ask(one, "CLUSTER", "INFO")).includes("state:ok"))));
  }
}

/** What a server answers to one command. */
export async function ask(server: { port: number }, ...args: string[]): Promise<string> {
  const client = createClient({ socket: { host: "127.0.0.1", port: server.port } });
  client.on("error", () => {});
  await client.connect();
  try {
    return String(await client.sendCommand(args));
  } finally {
    client.destroy();
  }
}

/** Servers tell nobody of such changes: asked again until it holds. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
