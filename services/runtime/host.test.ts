import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { credentials, makeClientConstructor, type ServiceError as RpcError } from "@grpc/grpc-js";
import { service as healthService } from "grpc-health-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Code } from "./errors.js";
import { Host, type Tier } from "./host.js";
import { readingsToBegin } from "./overload/overload-state.js";
import { fakeLogger } from "./testing/fake-logger.js";

const hosts: Host[] = [];

function createHost(stopMs = 60_000): Host {
  const host = new Host({ host: "127.0.0.1", port: 0, stopMs, logger: fakeLogger() });
  hosts.push(host);
  return host;
}

/** A tier that writes down what is asked of it. */
function fakeTier(name: string, calls: string[], changes: Partial<Tier> = {}): Tier {
  return {
    name,
    services: [],
    start: async () => void calls.push(`${name} start`),
    readiness: () => ({ ready: true, detail: { colour: "green" } }),
    drain: async () => void calls.push(`${name} drain`),
    close: async () => void calls.push(`${name} close`),
    ...changes,
  };
}

afterEach(async () => {
  for (const host of hosts.splice(0)) {
    host.force();
    await host.stop();
  }
});

const fetchFrom = (host: Host, path: string) => fetch(`http://127.0.0.1:${host.port}${path}`);

async function health(host: Host, service = ""): Promise<string> {
  const Client = makeClientConstructor(healthService, "Health");
  const client = new Client(`127.0.0.1:${host.port}`, credentials.createInsecure());
  try {
    const reply = await new Promise<{ status: string }>((resolve, reject) => {
      client.check?.({ service }, (error: RpcError | null, answer: { status: string }) =>
        error ? reject(error) : resolve(answer),
      );
    });
    return reply.status;
  } finally {
    client.close();
  }
}

describe("readiness", () => {
  it("is alive when it listens, ready when every tier has started, and says what is missing", async () => {
    const host = createHost();
    let ready = false;
    const readiness = () => ({ ready, detail: { colour: "red" } });
    await host.listen(() => [fakeTier("a", [], { services: ["a"] }), fakeTier("b", [], { readiness })]);
    expect((await fetchFrom(host, "/livez")).status).toBe(200);
    const before = await fetchFrom(host, "/readyz");
    expect(before.status).toBe(503);
    expect(await before.json()).toEqual({
      ready: false,
      overload: { actions: [] },
      tiers: { a: { ready: true, colour: "green" }, b: { ready: false, colour: "red" } },
    });
    expect(await health(host)).toBe("NOT_SERVING");
    ready = true;
    await host.start();
    expect((await fetchFrom(host, "/readyz")).status).toBe(200);
    expect(await health(host)).toBe("SERVING");
  });

  it("says to its operator alone, on a port of its own, what its metrics are, and how it is", async () => {
    const loopback = { host: "127.0.0.1", port: 0 };
    const host = new Host({ ...loopback, admin: loopback, stopMs: 60_000, logger: fakeLogger() });
    hosts.push(host);
    const readiness = () => ({ ready: true, detail: { colour: "red" }, publicDetail: { colour: "some" } });
    await host.listen(() => [fakeTier("a", [], { readiness })]);
    await host.start();
    const ask = (path: string) => fetch(`http://127.0.0.1:${host.adminPort}${path}`);
    expect(await (await ask("/metrics")).text()).toContain("maskwire_event_loop_delay_p99_seconds");
    expect([(await ask("/livez")).status, (await ask("/readyz")).status]).toEqual([200, 200]);
    expect(await (await ask("/readyz")).json()).toMatchObject({ tiers: { a: { colour: "red" } } });
    expect(await (await fetchFrom(host, "/readyz")).json()).toMatchObject({ tiers: { a: { colour: "some" } } });
    const refused = await fetchFrom(host, "/metrics");
    expect(refused.status).toBe(404);
    expect(await refused.json()).toMatchObject({
      error: { code: "NOT_FOUND", message: expect.stringContaining("MASKWIRE_ADMIN_PORT") },
    });
    await host.stop();
    await expect(ask("/livez")).rejects.toThrow();
  });

  it("W6: is asked for its operator by an address or as localhost, where that port is this machine's alone", async () => {
    const statusFor = async (host: Host, name: string) => {
      const asking = request({
        host: "127.0.0.1",
        port: host.adminPort,
        path: "/livez",
        headers: { host: name },
      }).end();
      const [answer] = (await once(asking, "response")) as [IncomingMessage];
      return answer.resume().statusCode;
    };
    const started = async (address: string) => {
      const admin = { host: address, port: 0 };
      const host = new Host({ host: "127.0.0.1", port: 0, admin, stopMs: 60_000, logger: fakeLogger() });
      hosts.push(host);
      await host.listen();
      return host;
    };
    const own = await started("127.0.0.1");
    expect(await statusFor(own, "attacker.example")).toBe(421);
    for (const name of ["localhost", "127.0.0.1:9080", "[::1]"]) expect(await statusFor(own, name)).toBe(200);
    // Where Prometheus asks by whatever name it knows.
    expect(await statusFor(await started("0.0.0.0"), "gateway:9080")).toBe(200);
  });

  it("shows what it can do without, whose state has no bearing on readiness", async () => {
    const host = createHost();
    host.describe("cache", () => ({ state: "down" }));
    await host.listen(() => [fakeTier("a", [])]);
    await host.start();
    const answer = await fetchFrom(host, "/readyz");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ ready: true, cache: { state: "down" } });
  });

  it("tells who watches its health when a tier cannot do its work for a while, and when it can again", async () => {
    const host = createHost();
    let ready = true;
    const calls: string[] = [];
    const tier = fakeTier("a", calls, { readiness: () => ({ ready, detail: {} }), services: ["a.Service"] });
    await host.listen(() => [tier, fakeTier("b", calls, { services: ["b.Service"] })]);
    // Before everything has started it is nobody's business.
    host.readinessChanged(tier);
    expect(await health(host, "a.Service")).toBe("NOT_SERVING");
    await host.start();
    const all = async () => [await health(host), await health(host, "a.Service"), await health(host, "b.Service")];
    expect(await all()).toEqual(["SERVING", "SERVING", "SERVING"]);
    ready = false;
    host.readinessChanged(tier);
    expect(await all()).toEqual(["NOT_SERVING", "NOT_SERVING", "SERVING"]);
    expect((await fetchFrom(host, "/readyz")).status).toBe(503);
    ready = true;
    host.readinessChanged(tier);
    expect(await all()).toEqual(["SERVING", "SERVING", "SERVING"]);
  });

  it("shows what overload has it refuse, and stays ready", async () => {
    const host = createHost();
    await host.listen(() => [fakeTier("a", [])]);
    await host.start();
    const reading = { loopDelayMs: 600, memory: 0.1, heap: 0.1 };
    for (let i = 0; i < readingsToBegin; i++) host.overload.observe(reading);
    const answer = await fetchFrom(host, "/readyz");
    expect(await answer.json()).toMatchObject({ ready: true, overload: { actions: ["refuse-previews"], ...reading } });
  });

  it("speaks no HTTP/2 where there are no services", async () => {
    const host = createHost();
    await host.listen(() => [fakeTier("a", [])]);
    const socket = connect(host.port, "127.0.0.1");
    const closed = once(socket.resume(), "close");
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    await closed;
    expect((await fetchFrom(host, "/livez")).status).toBe(200);
  });

  it("A7: lets so many connections in, leaves a quarter of them to other addresses, and takes one more when one has closed", async () => {
    const host = new Host({ host: "127.0.0.1", port: 0, stopMs: 1, logger: fakeLogger(), connections: 8 });
    hosts.push(host);
    await host.listen();
    const open = async (from: string) => {
      const socket = connect({ port: host.port, host: "127.0.0.1", localAddress: from });
      const closed = once(socket, "close");
      // Whoever is let in is answered; whoever is not is cut off, before or after it has said anything.
      socket.on("error", () => {});
      socket.write("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
      const isIn = await Promise.race([once(socket, "data").then(() => true), closed.then(() => false)]);
      return { socket, isIn, closed };
    };
    const first = [];
    for (let count = 0; count < 8; count++) first.push(await open("127.0.0.1"));
    expect(first.map(({ isIn }) => isIn)).toEqual([...Array(6).fill(true), false, false]);
    const other = await open("127.0.0.2");
    expect(other.isIn).toBe(true);
    expect(await host.metrics.metrics()).toMatch(/^maskwire_limit_hits_total\{limit="connections_share"\} 2$/m);
    expect(await host.metrics.metrics()).toMatch(/^maskwire_connections 7$/m);
    for (const { socket, closed } of [...first, other]) {
      socket.destroy();
      await closed;
    }
    await vi.waitFor(async () => expect(await host.metrics.metrics()).toMatch(/^maskwire_connections 0$/m));
    const again = await open("127.0.0.1");
    expect(again.isIn).toBe(true);
    again.socket.destroy();
    await again.closed;
  });

  it("has so many HTTP/2 connections and no more", async () => {
    const logger = fakeLogger();
    const host = new Host({ host: "127.0.0.1", port: 0, stopMs: 1, logger, http2: { total: 9, perAddress: 2 } });
    hosts.push(host);
    await host.listen(() => [fakeTier("a", [], { services: ["a"] })]);
    const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    const open = [connect(host.port, "127.0.0.1"), connect(host.port, "127.0.0.1")];
    for (const socket of open) {
      socket.write(preface);
      await once(socket, "data");
    }
    const third = connect(host.port, "127.0.0.1");
    const closed = once(third.resume(), "close");
    third.write(preface);
    await closed;
    expect(await host.metrics.metrics()).toMatch(/^maskwire_grpc_connections_refused_total 1$/m);
    expect(await host.metrics.metrics()).toMatch(/^maskwire_grpc_connections 2$/m);
    for (const socket of open) socket.destroy();
  });

  it("tells its peers how many calls a connection may have at once", async () => {
    const http2 = { streams: 7 };
    const host = new Host({ host: "127.0.0.1", port: 0, stopMs: 1, logger: fakeLogger(), http2 });
    hosts.push(host);
    await host.listen(() => [fakeTier("a", [], { services: ["a"] })]);
    const session = connectHttp2(`http://127.0.0.1:${host.port}`);
    const [settings] = await once(session, "remoteSettings");
    expect(settings.maxConcurrentStreams).toBe(7);
    session.destroy();
  });

  it("is not ready without a tier", async () => {
    const host = createHost();
    await host.listen();
    await host.start();
    expect((await fetchFrom(host, "/readyz")).status).toBe(503);
  });
});

describe("stop", () => {
  it("drains the tiers from the front to the back, then closes them", async () => {
    const calls: string[] = [];
    const host = createHost();
    await host.listen(() => [fakeTier("services", calls), fakeTier("gateway", calls)]);
    await host.start();
    await host.stop();
    expect(calls).toEqual([
      "services start",
      "gateway start",
      "gateway drain",
      "services drain",
      "gateway close",
      "services close",
    ]);
  });

  it("may be asked for twice and does everything once", async () => {
    const calls: string[] = [];
    const host = createHost();
    await host.listen(() => [fakeTier("a", calls)]);
    await Promise.all([host.stop(), host.stop()]);
    await host.stop();
    expect(calls).toEqual(["a drain", "a close"]);
  });

  it("is not ready while it drains, accepts no connection, and closes those that are open", async () => {
    const host = createHost();
    let finish = () => {};
    const drained = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await host.listen(() => [fakeTier("a", [], { drain: () => drained })]);
    await host.start();
    const silent = connect(host.port, "127.0.0.1");
    await once(silent, "connect");
    const closed = once(silent, "close");
    const { port } = host;
    const stopping = host.stop();
    expect(host.readiness().ready).toBe(false);
    const late = connect(port, "127.0.0.1");
    const [error] = await once(late, "error");
    expect(error.code).toBe("ECONNREFUSED");
    finish();
    await stopping;
    await closed;
  });

  it("gives up draining when its time is over", async () => {
    const host = createHost(1);
    const drain = (signal: AbortSignal) =>
      new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    const calls: string[] = [];
    await host.listen(() => [fakeTier("a", calls, { drain })]);
    await host.stop();
    expect(host.forced.aborted).toBe(true);
    expect(calls).toEqual(["a close"]);
  });

  it("gives up draining when it is forced", async () => {
    const host = createHost();
    const drain = (signal: AbortSignal) =>
      new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await host.listen(() => [fakeTier("a", [], { drain })]);
    const stopping = host.stop();
    host.force();
    await stopping;
  });

  it("leaves what does not close in its time, or when it is forced once more, and closes the others", async () => {
    const never = () => new Promise<void>(() => {});
    const patient = createHost(60_000);
    const calls: string[] = [];
    const closing = new Promise<void>((began) => {
      const close = () => {
        began();
        return never();
      };
      void patient.listen(() => [fakeTier("a", calls), fakeTier("b", calls, { close })]).then(() => patient.stop());
    });
    await closing;
    expect(patient.hasLeft).toBe(false);
    patient.force();
    await patient.stop();
    expect(calls).toEqual(["b drain", "a drain", "a close"]);
    expect(patient.hasLeft).toBe(true);

    const hasty = new Host({ host: "127.0.0.1", port: 0, stopMs: 1, closeMs: 1, logger: fakeLogger() });
    hosts.push(hasty);
    await hasty.listen(() => [fakeTier("a", calls, { close: never })]);
    await hasty.stop();
    expect(hasty.hasLeft).toBe(true);
  });

  it("names a part that took all of its time, and closes after the tiers what they used", async () => {
    const logger = fakeLogger();
    const host = new Host({ host: "127.0.0.1", port: 0, stopMs: 1, closeMs: 1, logger });
    hosts.push(host);
    const calls: string[] = [];
    const never = () => new Promise<void>(() => {});
    host.closesAfter("quotas", never);
    host.closesAfter("stores", () => void calls.push("stores"));
    await host.listen(() => [fakeTier("a", calls, { drain: never })]);
    await host.stop();
    expect(calls).toEqual(["a close", "stores"]);
    expect(host.hasLeft).toBe(false);
    const warned = logger.lines.filter(({ msg }) => msg === "a part of the stop took all of its time");
    expect(warned.map(({ part, isLeft }) => [part, isLeft])).toEqual(
      expect.arrayContaining([
        ["drain a", true],
        ["close quotas", true],
      ]),
    );
    expect(logger.lines.at(-1)).toMatchObject({ msg: "stopped", parts: { "drain a": expect.any(Number) } });
  });

  it("cuts off a stream that its peer keeps open in its own time, also when the collector runs meanwhile", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
    try {
      const host = createHost();
      await host.listen(() => [fakeTier("a", [], { services: ["maskwire.v1.Fake"] })]);
      await host.start();
      const peer = connectHttp2(`http://127.0.0.1:${host.port}`);
      const headers = {
        ":method": "POST",
        ":path": "/grpc.health.v1.Health/Watch",
        "content-type": "application/grpc",
      };
      const watch = peer.request({ ...headers, te: "trailers" });
      for (const one of [peer, watch]) one.on("error", () => {});
      watch.end(Buffer.alloc(5));
      await once(watch, "data");
      let isStopped = false;
      const stopping = host.stop().then(() => {
        isStopped = true;
      });
      // Nothing else ends the stream within a second: who does not answer is given up after many.
      for (let ms = 0; ms < 1000 && !isStopped; ms += 10) {
        collect();
        await vi.advanceTimersByTimeAsync(10);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(isStopped).toBe(true);
      peer.destroy();
      await stopping;
    } finally {
      vi.useRealTimers();
    }
  });

  it("does not wait for a start that never ends, and tells what was done before it ends", async () => {
    const calls: string[] = [];
    const host = createHost(1);
    const audit = vi.spyOn(host.audit, "close");
    const start = () => new Promise<void>(() => {});
    await host.listen(() => [fakeTier("slow", calls, { start })]);
    void host.start();
    const stopping = host.stop();
    await vi.waitFor(() => expect(calls).toEqual(["slow drain"]));
    while (!host.hasLeft) {
      host.force();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await stopping;
    expect(calls).toEqual(["slow drain", "slow close"]);
    expect(audit).toHaveBeenCalledOnce();
  });

  it("starts nothing once it was stopped, nor what it was about to start", async () => {
    const calls: string[] = [];
    const host = createHost();
    const listening = host.listen(() => {
      calls.push("made");
      return [];
    });
    const refused = expect(listening).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    await host.stop();
    await refused;
    await expect(host.start()).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    expect(calls).toEqual([]);
  });

  it("closes the other tiers when one does not stop cleanly", async () => {
    const calls: string[] = [];
    const host = createHost();
    const fail = () => Promise.reject(new Error("stuck"));
    await host.listen(() => [fakeTier("a", calls), fakeTier("b", calls, { drain: fail, close: fail })]);
    await host.stop();
    expect(calls).toEqual(["a drain", "a close"]);
  });

  it("ends the loading of one tier when another could not start, and closes it after", async () => {
    const calls: string[] = [];
    const host = createHost();
    const start = async () => {
      if (!host.forced.aborted) await once(host.forced, "abort");
      calls.push("gave up");
    };
    await host.listen(() => [
      fakeTier("slow", calls, { start }),
      fakeTier("broken", calls, { start: () => Promise.reject(new Error("no model")) }),
    ]);
    await expect(host.start()).rejects.toThrow("no model");
    await host.stop();
    expect(calls).toEqual(["broken drain", "slow drain", "gave up", "broken close", "slow close"]);
    expect(host.readiness().ready).toBe(false);
  });

  it("works before it has listened", async () => {
    await createHost().stop();
  });

  it("says which port is taken", async () => {
    const first = createHost();
    await first.listen();
    const second = new Host({ host: "127.0.0.1", port: first.port, stopMs: 1, logger: fakeLogger() });
    hosts.push(second);
    await expect(second.listen()).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
