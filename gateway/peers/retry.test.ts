import { status as GrpcStatus, Metadata } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import type { Call } from "../../services/runtime/grpc/call.js";
import type { RpcClient } from "../../services/runtime/grpc/client.js";
import { PeerLostError } from "../../services/runtime/grpc/status.js";
import { withDeadline } from "../ask/deadline.js";
import { CountedEvents } from "../testing/counted-events.js";
import { ScriptedHealth, until } from "../testing/scripted-health.js";
import { defaultLimits, type PeerLimits, PeerSet } from "./peer-set.js";
import { rendezvousOrder } from "./rendezvous.js";
import { withPeers } from "./retry.js";

const addresses = ["a:1", "b:1", "c:1"];
const [first, second, third] = rendezvousOrder("key", addresses) as [string, string, string];
let peers: PeerSet;
let health: ScriptedHealth;
let events: CountedEvents;

async function start(limits: Partial<PeerLimits> = {}, all = addresses, serving = true) {
  peers?.close();
  health = new ScriptedHealth(serving ? "SERVING" : "lost");
  events = new CountedEvents();
  peers = new PeerSet(all, { service: "tier", health, events, limits: { ...defaultLimits, ...limits } });
  if (serving) await until(() => peers.count().serving === all.length);
}
beforeEach(() => start());
afterEach(() => peers.close());

const call = { signal: new AbortController().signal };
const forEver = () => new Promise<never>(() => {});
const failure = (code: Code, retryAfterMs?: number) =>
  new ServiceError({ code, message: "No.", ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
const peerLost = (details = "Connection dropped") =>
  new PeerLostError(
    Object.assign(new Error(details), { code: GrpcStatus.UNAVAILABLE, details, metadata: new Metadata() }),
  );
const workerLost = () =>
  new ServiceError({ code: Code.UNAVAILABLE, message: "Lost.", retryAfterMs: 1, reason: "WORKER_LOST" });
/** Does the same or another thing each time, and notes who was asked. */
function attempts(...acts: ((client: RpcClient) => Promise<string>)[]) {
  const asked: string[] = [];
  const attempt = (client: RpcClient) => {
    asked.push(client.address);
    return (acts[Math.min(asked.length, acts.length) - 1] as (client: RpcClient) => Promise<string>)(client);
  };
  return { asked, attempt };
}
const fail = (error: unknown) => () => Promise.reject(error);
const yes = async () => "yes";
/** An answer that comes, or fails, when the test says so. */
function held() {
  let settle = { resolve: (_: string) => {}, reject: (_: unknown) => {} };
  const promise = new Promise<string>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return {
    act: () => promise,
    answer: (text: string) => settle.resolve(text),
    fail: (error: unknown) => settle.reject(error),
  };
}

it("R1 asks the next peer, and the same again after a pause, while the error says that it may help", async () => {
  await start({}, [first, second]);
  const down = fail(failure(Code.UNAVAILABLE));
  const { asked, attempt } = attempts(down, down, down, yes);
  expect(await withPeers(peers, "key", call, attempt)).toBe("yes");
  expect(asked).toEqual([first, second, first, second]);
  // The one that worked is asked first from now on.
  expect(peers.pick("key", new Set())?.address).toBe(second);
  expect(events.counts.retried).toBe(3);
});

it.each([Code.RESOURCE_EXHAUSTED, Code.INVALID_ARGUMENT, Code.NOT_FOUND, Code.INTERNAL, Code.DEADLINE_EXCEEDED])(
  "R4 passes code %i on at once, with its hint",
  async (code) => {
    const { asked, attempt } = attempts(fail(failure(code, 70)));
    await expect(withPeers(peers, "key", call, attempt)).rejects.toMatchObject({ code, retryAfterMs: 70 });
    expect(asked).toHaveLength(1);
  },
);

describe("R6 a request that kills what runs it", () => {
  it.each([
    ["worker", workerLost],
    ["server", peerLost],
  ])("is tried once more after its %s died, no further, and says so", async (_, lost) => {
    const { asked, attempt } = attempts(fail(lost()));
    await expect(withPeers(peers, "key", call, attempt, { hedge: true })).rejects.toMatchObject({
      code: Code.INTERNAL,
      message: expect.stringContaining("not tried again"),
      retryAfterMs: undefined,
    });
    expect(asked).toEqual([first, second]);
  });

  it("is not one that met other losses: a server that could not be reached, one that was stopping", async () => {
    const unreachable = fail(peerLost("No connection established. Last error: connect ECONNREFUSED"));
    const stopping = fail(failure(Code.UNAVAILABLE, 1000));
    const { asked, attempt } = attempts(fail(peerLost()), unreachable, stopping, yes);
    expect(await withPeers(peers, "key", call, attempt)).toBe("yes");
    expect(asked).toHaveLength(4);
  });
});

it("goes to another at once when the connection is lost, before health says so", async () => {
  const { asked, attempt } = attempts(fail(peerLost()), yes);
  await withPeers(peers, "key", call, attempt);
  expect(asked).toEqual([first, second]);
  // Its health says that it serves: the peer is back.
  await until(() => peers.count().serving === 3);
});

it("passes on what is no service error as it is", async () => {
  const bug = new TypeError("a bug");
  await expect(withPeers(peers, "key", call, fail(bug))).rejects.toBe(bug);
});

describe("R5 nobody to ask", () => {
  it("is ridden out when a server comes back in time", async () => {
    await start({}, [first], false);
    const waiting = withPeers(peers, "key", call, yes);
    health.say(first, "SERVING");
    expect(await waiting).toBe("yes");
  });

  it("is UNAVAILABLE with a hint after the longest wait, long before the deadline", async () => {
    await start({ reachMs: 20 }, [first], false);
    const waiting = withDeadline(3_600_000, (key: string, late: Call) => withPeers(peers, key, late, yes))("key", call);
    await expect(waiting).rejects.toMatchObject({ code: Code.UNAVAILABLE, retryAfterMs: expect.any(Number) });
  });

  it("is the same while servers only fail", async () => {
    await start({ reachMs: 20 });
    const { asked, attempt } = attempts(fail(failure(Code.UNAVAILABLE)));
    await expect(withPeers(peers, "key", call, attempt)).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    expect(asked.slice(0, 3)).toEqual([first, second, third]);
  });

  it("is known to later requests, which wait only as long as a server that is back needs to be found", async () => {
    let now = 0;
    health = new ScriptedHealth("lost");
    const limits = { ...defaultLimits, reachMs: 3_600_000 };
    peers = new PeerSet([first], { service: "tier", health, now: () => now, limits });
    await until(() => peers.count().lost === 1);
    now = 3_600_000;
    let answer: unknown;
    const waiting = withPeers(peers, "key", call, yes).catch((error: unknown) => {
      answer = error;
    });
    // Not even asked about before the moment of grace has passed.
    await new Promise((resolve) => setImmediate(resolve));
    expect(answer).toBeUndefined();
    now += 1500;
    await waiting;
    expect(answer).toMatchObject({ code: Code.UNAVAILABLE });
  });

  it("is UNAVAILABLE with a hint when the deadline comes first, also without any peer", async () => {
    for (const all of [[], [first]]) {
      await start({}, all, false);
      const waiting = withDeadline(20, (key: string, late: Call) => withPeers(peers, key, late, yes))("key", call);
      await expect(waiting).rejects.toMatchObject({ code: Code.UNAVAILABLE, retryAfterMs: expect.any(Number) });
    }
  });
});

describe("N5 a silent server", () => {
  it("has its request sent to the next as well: the first answer counts, and it is asked last until it answers", async () => {
    await start({ hedgeMs: 20 });
    const { asked, attempt } = attempts(forEver, yes);
    expect(await withPeers(peers, "key", call, attempt, { hedge: true })).toBe("yes");
    expect(asked).toEqual([first, second]);
    expect(events.counts).toMatchObject({ hedged: 1, retried: 0 });
    expect(peers.pick("key", new Set())?.address).toBe(second);
  });

  it("is not one that says how it is: its models may take their time", async () => {
    await start({ hedgeMs: 20 });
    let pings = 0;
    const slow = held();
    health.ping = async () => {
      if (++pings === 3) slow.answer("late");
      return true;
    };
    const { asked, attempt } = attempts(slow.act);
    expect(await withPeers(peers, "key", call, attempt, { hedge: true })).toBe("late");
    expect(asked).toEqual([first]);
    expect(events.counts.hedged).toBe(0);
  });

  it("may still be the first to answer", async () => {
    await start({ hedgeMs: 20 });
    const late = held();
    const { asked, attempt } = attempts(late.act, async () => {
      late.answer("late");
      return forEver();
    });
    expect(await withPeers(peers, "key", call, attempt, { hedge: true })).toBe("late");
    expect(asked).toEqual([first, second]);
  });

  it("does not count as killed by the request when its connection is given up", async () => {
    await start({ hedgeMs: 20 });
    const hung = held();
    const { asked, attempt } = attempts(
      hung.act,
      async () => {
        hung.fail(peerLost());
        throw peerLost();
      },
      yes,
    );
    expect(await withPeers(peers, "key", call, attempt, { hedge: true })).toBe("yes");
    expect(asked).toEqual([first, second, third]);
  });

  it("is waited for when there is no other, and when hedges are spent", async () => {
    await start({ hedgeMs: 10 }, [first]);
    const alone = held();
    const waiting = withPeers(peers, "key", call, alone.act, { hedge: true });
    await until(() => peers.pick("key", new Set())?.isSilent === true);
    alone.answer("at last");
    expect(await waiting).toBe("at last");

    await start({ hedgeMs: 10 });
    while (peers.takeHedge()) expect(peers.count().serving).toBe(3);
    const unhedged = held();
    const { asked, attempt } = attempts(unhedged.act);
    const other = withPeers(peers, "key", call, attempt, { hedge: true });
    await until(() => peers.pick("key", new Set())?.address === second);
    unhedged.answer("at last");
    expect(await other).toBe("at last");
    expect(asked).toEqual([first]);
  });

  it("is not hedged where a request must not run twice", async () => {
    await start({ hedgeMs: 1 });
    const { asked, attempt } = attempts(async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return "once";
    });
    expect(await withPeers(peers, "key", call, attempt)).toBe("once");
    expect(asked).toHaveLength(1);
  });
});

describe("the end of waiting", () => {
  it("is CANCELLED when the caller leaves, before, during and between tries", async () => {
    const expected = { code: Code.CANCELLED };
    await expect(withPeers(peers, "key", { signal: AbortSignal.abort() }, yes)).rejects.toMatchObject(expected);
    const during = new AbortController();
    const failing = async () => {
      during.abort();
      throw failure(Code.UNAVAILABLE);
    };
    await expect(withPeers(peers, "key", during, failing)).rejects.toMatchObject(expected);
    const between = new AbortController();
    let asked = 0;
    const all = async () => {
      if (++asked === 3) setImmediate(() => between.abort());
      throw failure(Code.UNAVAILABLE);
    };
    await expect(withPeers(peers, "key", between, all)).rejects.toMatchObject(expected);
  });

  it("is DEADLINE_EXCEEDED when a peer was reached and did not answer in time", async () => {
    const untilLeft = ({ signal }: Call) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const waiting = withDeadline(20, (key: string, late: Call) => withPeers(peers, key, late, () => untilLeft(late)));
    await expect(waiting("key", call)).rejects.toMatchObject({ code: Code.DEADLINE_EXCEEDED });
  });
});

describe("R11: what would be done two times", () => {
  it("is sent to the next server where it never reached one", async () => {
    const { asked, attempt } = attempts(fail(peerLost("No connection established: refused")), yes);
    expect(await withPeers(peers, "key", call, attempt, { once: true })).toBe("yes");
    expect(asked).toEqual([first, second]);
  });

  it.each([
    ["a server that is lost under it", peerLost()],
    ["one that stops", failure(Code.UNAVAILABLE, 1)],
  ])("is not sent again after %s", async (_what, error) => {
    const { asked, attempt } = attempts(fail(error), yes);
    await expect(withPeers(peers, "key", call, attempt, { once: true })).rejects.toBe(error);
    expect(asked).toEqual([first]);
  });
});
