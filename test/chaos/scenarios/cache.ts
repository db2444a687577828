import { setTimeout as sleep } from "node:timers/promises";
import type { Person } from "../person.js";
import type { Scenario } from "../scenario.js";
import type { Stage } from "../stage.js";
import { forgetFresh } from "./processes.js";

/** How long the cache is silent. */
const silenceMs = 10_000;
/** Room for the server itself and for about half of the embeddings that people ask for, 2 MiB each. */
const roomBytes = ({ album, fresh }: Stage) => (4 + album.length + fresh.length) * 2 ** 20;

export const redisRestarted: Scenario = {
  name: "redis-restarted-empty",
  title: "Redis is killed and comes back empty; people open pictures that nobody has any more",
  async disturb(stage) {
    const { cluster } = stage;
    await stage.busy(1);
    stage.fault();
    await cluster.killRedis();
    await cluster.restartRedis();
    // It keeps what it made of late; without it nobody has those pictures.
    await restartAll(stage, ["encoder"]);
    await openOthers(stage, movers(stage));
  },
};

export const redisStopped: Scenario = {
  name: "redis-stopped",
  title: "SIGSTOP of Redis for 10 s, while people open pictures",
  async disturb(stage) {
    const { redis } = stage.cluster;
    await forgetFresh(stage);
    await stage.busy(1);
    stage.fault();
    redis.pause();
    try {
      // The length is the scenario.
      const over = sleep(silenceMs);
      await stage.change(movers(stage), [...stage.album.slice(1), ...stage.fresh]);
      await over;
    } finally {
      redis.resume();
    }
    stage.fault();
    await stage.opened(movers(stage));
  },
};

export const cacheEvicts: Scenario = {
  name: "cache-evicts",
  title: "the cache is full and evicts what was used least recently",
  async disturb(stage) {
    const { redis } = stage.cluster;
    await redis.configure({ "maxmemory-policy": "allkeys-lru", maxmemory: String(roomBytes(stage)) });
    try {
      stage.fault();
      await openOthers(stage, movers(stage));
      // What a process keeps in its own memory would hide that the cache has forgotten.
      await restartAll(stage, ["decoder-1", "encoder"]);
      stage.fault();
      await openOthers(stage, movers(stage));
    } finally {
      await redis.configure({ maxmemory: "0" });
    }
    await happened(stage, "evicted_keys", "keys evicted");
  },
};

export const cacheRefuses: Scenario = {
  name: "cache-refuses",
  title: "the cache is full and refuses every write",
  async disturb(stage) {
    const { redis } = stage.cluster;
    await forgetFresh(stage);
    await redis.configure({ "maxmemory-policy": "noeviction", maxmemory: "1mb" });
    try {
      stage.fault();
      const people = movers(stage);
      await stage.change(people, stage.fresh);
      await stage.opened(people);
      await stage.answeredSinceFault(stage.people.length);
    } finally {
      await redis.configure({ maxmemory: "0" });
    }
    await happened(stage, "errorstat_OOM", "writes refused");
  },
};

/** What the scenario is about must have been so, and is told. */
async function happened({ cluster, notes, problems }: Stage, figure: string, words: string): Promise<void> {
  const count = await cluster.redis.figure(figure);
  notes.push(`${count} ${words}`);
  if (count === 0) problems.push(`no ${words}: nothing was tried`);
}

async function restartAll({ cluster }: Stage, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await cluster.terminate(name);
    await cluster.restart(name);
  }
}

/** Some of those who open other pictures while the rest go on clicking. */
function movers({ people, fresh }: Stage): readonly Person[] {
  return people.slice(0, 3 * fresh.length);
}

async function openOthers(stage: Stage, people: readonly Person[]): Promise<void> {
  await stage.change(people, [...stage.fresh, ...stage.album]);
  await stage.opened(people);
}
