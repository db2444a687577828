import { create } from "@bufbuild/protobuf";
import { afterEach, describe, expect, it } from "vitest";
import { type Model, ModelSchema } from "../../proto/index.js";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { CountedEvents } from "../testing/counted-events.js";
import { ScriptedHealth, until } from "../testing/scripted-health.js";
import { freeLoad } from "./choose-peer.js";
import type { Peer } from "./peer.js";
import { defaultLimits, type PeerOptions, PeerSet } from "./peer-set.js";
import { rendezvousOrder } from "./rendezvous.js";

const addresses = ["a:1", "b:1", "c:1"];
const [first, second, third] = rendezvousOrder("key", addresses) as [string, string, string];
const never = new AbortController().signal;
let peers: PeerSet;
afterEach(() => peers.close());

async function start(options: Partial<PeerOptions> = {}, all: readonly string[] = addresses) {
  const health = new ScriptedHealth();
  peers = new PeerSet(all, { service: "tier", health, ...options });
  await until(() => peers.count().serving === all.length);
  return health;
}

const order = () => peers.inOrder("key").map(({ address }) => address);
const pick = (...tried: Peer[]) => peers.pick("key", new Set(tried)) as Peer;
/** Requests that stay under way until they are ended. */
function occupy(peer: Peer, count: number): () => void {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  for (let i = 0; i < count; i++) void peers.run(peer, () => ended);
  return end;
}

it("gives the rendezvous order, with one connection for each address", async () => {
  await start();
  expect(order()).toEqual([first, second, third]);
  expect(peers.inOrder("key")[0]).toBe(pick().client);
});

it("N4 gives a peer that drains nothing new, and gives it its pictures again when it serves", async () => {
  const health = await start();
  health.say(first, "NOT_SERVING");
  await until(() => peers.count().not_serving === 1);
  expect(order()).toEqual([second, third]);
  health.say(first, "SERVING");
  await until(() => peers.count().serving === 3);
  expect(pick().address).toBe(first);
});

it("N4 tries a lost peer again and again, over a new connection, and knows since when nobody serves", async () => {
  let now = 5;
  const health = await start({ now: () => now }, [first]);
  const before = pick().client;
  expect(peers.nobodySince).toBeUndefined();
  now = 70;
  health.say(first, "lost");
  await until(() => peers.count().lost === 1);
  now = 90;
  expect(peers.nobodySince).toBe(70);
  expect(peers.pick("key", new Set())).toBeUndefined();
  health.say(first, "SERVING");
  await until(() => peers.count().serving === 1);
  expect(peers.nobodySince).toBeUndefined();
  expect(pick().client).not.toBe(before);
});

it("takes a peer without a health service for one that serves", async () => {
  await start({
    health: {
      ping: async () => true,
      // biome-ignore lint/correctness/useYield: It fails before it has anything to say.
      async *watch() {
        throw new ServiceError({ code: Code.UNIMPLEMENTED, message: "No health here." });
      },
    },
  });
  expect(order()).toEqual([first, second, third]);
  const peer = pick();
  peer.lost(peer.client);
  expect(peer.state).toBe("lost");
  await until(() => peer.isServing);
});

it("puts peers that failed or were silent last, until they answer or the moment has passed", async () => {
  let now = 0;
  await start({ now: () => now });
  const [a, b, c] = [peerAt(first), peerAt(second), peerAt(third)];
  a.failed(now);
  expect(pick()).toBe(b);
  b.silent(now);
  expect(pick()).toBe(c);
  c.failed(now);
  expect(pick(), "nobody else is left").toBe(a);
  now = 1000;
  expect(pick()).toBe(a);
  expect(pick(a)).toBe(c);
  await peers.run(b, async () => "answer");
  expect(pick(a)).toBe(b);
});

function peerAt(address: string): Peer {
  const seen = new Set<Peer>();
  for (;;) {
    const peer = peers.pick("key", seen) as Peer;
    if (peer.address === address) return peer;
    seen.add(peer);
  }
}

describe("N3 load", () => {
  it("passes a picture on from a busy peer, back to it when it is free, and counts it", async () => {
    const events = new CountedEvents();
    await start({ events });
    const busy = pick();
    const end = occupy(busy, freeLoad);
    expect(pick().address).toBe(second);
    expect(events.counts).toMatchObject({ moved: 1 });
    end();
    await until(() => busy.outstanding === 0);
    expect(pick()).toBe(busy);
    expect(events.counts).toMatchObject({ moved: 1 });
  });

  it("goes back to nought when requests fail", async () => {
    await start();
    const peer = pick();
    await expect(peers.run(peer, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(peer.outstanding).toBe(0);
  });
});

describe("N1 a name in DNS", () => {
  it("adds and takes away peers as its addresses change; those that stay keep their connection", async () => {
    let found = ["10.0.0.1", "10.0.0.2"];
    const health = new ScriptedHealth();
    peers = new PeerSet(["dns:///tier:1"], {
      service: "tier",
      health,
      lookup: async () => found,
      limits: { ...defaultLimits, discoveryMs: 1 },
    });
    await until(() => peers.count().serving === 2);
    const kept = peerAt("10.0.0.2:1").client;
    found = ["10.0.0.2", "10.0.0.3"];
    await until(() => order().includes("10.0.0.3:1"));
    expect(order().sort()).toEqual(["10.0.0.2:1", "10.0.0.3:1"]);
    expect(peerAt("10.0.0.2:1").client).toBe(kept);
  });

  it("is looked up again when a peer is lost", async () => {
    let looks = 0;
    const health = new ScriptedHealth();
    peers = new PeerSet(["dns:///tier:1"], {
      service: "tier",
      health,
      lookup: async () => {
        looks++;
        return looks === 1 ? ["10.0.0.1"] : ["10.0.0.2"];
      },
      limits: { ...defaultLimits, discoveryMs: 3_600_000 },
    });
    await until(() => peers.count().serving === 1);
    health.say("10.0.0.1:1", "lost");
    await until(() => order()[0] === "10.0.0.2:1");
  });
});

it("wakes those that wait for a change, or for their time, and forgets those that leave", async () => {
  const health = await start();
  const changed = peers.changed(3_600_000, never);
  health.say(first, "NOT_SERVING");
  await changed;
  await peers.changed(1, never);
  const leaving = new AbortController();
  const waiting = peers.changed(3_600_000, leaving.signal);
  leaving.abort();
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  await expect(peers.changed(1, AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
});

describe("N8 models", () => {
  const modelOf = (id: string, usual = false) => create(ModelSchema, { id, usual });
  /** What each address serves; nothing of one that is too old to say. */
  const serving = (served: Record<string, Model[]>, health = new ScriptedHealth()): Partial<PeerOptions> => {
    const listModels = async ({ address }: { address: string }) => served[address];
    return { health: { watch: health.watch, ping: health.ping, listModels } };
  };
  const orderFor = (model: string) => peers.inOrder("key", model).map(({ address }) => address);

  it("are asked for where they are served, and where that is not known", async () => {
    await start(serving({ [first]: [modelOf("a", true)], [second]: [modelOf("b", true), modelOf("a")] }));
    expect(orderFor("a")).toEqual([first, second, third]);
    expect(orderFor("b")).toEqual([second, third]);
    expect(orderFor("c")).toEqual([third]);
    expect(peers.pick("key", new Set(), "b")?.address).toBe(second);
    expect(
      peers
        .models()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(["a", "b"]);
  });

  it("that are not named go where there is a usual one; that nobody serves, to whoever can say so", async () => {
    await start(serving({ [first]: [modelOf("a")], [second]: [modelOf("a", true)], [third]: [modelOf("a")] }));
    expect(orderFor("")).toEqual([second]);
    expect(orderFor("nothing")).toEqual([first, second, third]);
  });

  it("of a server that is lost are known on, and whether all servers have said theirs", async () => {
    const health = new ScriptedHealth();
    await start(serving({ [first]: [modelOf("a")], [second]: [modelOf("b")], [third]: [] }, health));
    health.say(second, "lost");
    await until(() => peers.count().lost === 1);
    expect(peers.models().map(({ id }) => id)).toEqual(["a"]);
    expect(peers.knownModels()).toMatchObject({ models: [{ id: "a" }, { id: "b" }], areAll: true });
  });

  it("are as each server that serves one has said, also where one cannot say", async () => {
    const health = new ScriptedHealth();
    await start(serving({ [first]: [modelOf("a", true)], [second]: [modelOf("b", true), modelOf("a")] }, health));
    expect(peers.entriesOf("a")).toHaveLength(3);
    expect(new Set(peers.entriesOf("a").map((one) => one?.usual))).toEqual(new Set([true, false, undefined]));
    expect(new Set(peers.entriesOf("").map((one) => one?.id))).toEqual(new Set(["a", "b", undefined]));
    health.say(third, "lost");
    await until(() => peers.count().lost === 1);
    expect(peers.entriesOf("b").map((one) => one?.id)).toEqual(["b"]);
    expect(peers.entriesOf("c")).toEqual([]);
  });

  it("are not all known while a server has not said its own", async () => {
    await start(serving({ [first]: [modelOf("a")], [second]: [modelOf("b")] }));
    expect(peers.knownModels()).toMatchObject({ models: [{ id: "a" }, { id: "b" }], areAll: false });
  });
});
