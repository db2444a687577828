import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { afterEach, expect, it } from "vitest";
import { noQuota } from "../../services/runtime/callers/quota.js";
import { createHttp, type Http } from "../../services/runtime/http/create-http.js";
import { CallerRates } from "../../services/runtime/limits/caller-rates.js";
import type { Limit } from "../../services/runtime/limits/limit-hits.js";
import type { Logger } from "../../services/runtime/logger.js";
import { fakeLogger } from "../../services/runtime/testing/fake-logger.js";
import { observeAsCallers } from "../testing/observe-as-callers.js";
import { limitRequests } from "./limit-requests.js";

let http: Http | undefined;
afterEach(() => http?.app.close());

it("H20: who asks faster than its rate is told when to ask again, whatever it asks for, and others are answered", async () => {
  const clock = { ms: 0 };
  const hits: Limit[] = [];
  http = createHttp(fakeLogger() as unknown as Logger);
  const { app, owed } = http;
  observeAsCallers(app);
  const rates = new CallerRates({ perSecond: 0.4, burst: 3, now: () => clock.ms });
  limitRequests({ http: app, owed }, { rates, quota: noQuota, metrics: { limitHit: (limit) => hits.push(limit) } });
  app.get("/here", (_request, reply) => reply.send("here"));
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const get = async (caller: string, path = "/here") => {
    const response = await fetch(`${url}${path}`, { headers: { "x-forwarded-for": caller } });
    return { status: response.status, retryAfter: response.headers.get("retry-after"), text: await response.text() };
  };
  expect((await get("203.0.113.7")).status).toBe(200);
  expect((await get("203.0.113.7", "/nowhere")).status).toBe(404);
  expect((await get("203.0.113.7")).status).toBe(200);
  const refused = await get("203.0.113.7");
  expect(refused).toMatchObject({ status: 429, retryAfter: "3" });
  expect(JSON.parse(refused.text)).toMatchObject({ error: { code: "RESOURCE_EXHAUSTED", retryAfterMs: 2500 } });
  expect((await get("203.0.113.7", "/nowhere")).status).toBe(429);
  expect((await get("203.0.113.8")).status).toBe(200);
  expect(hits).toEqual(["requests_rate", "requests_rate"]);
  clock.ms += 2500;
  expect((await get("203.0.113.7")).status).toBe(200);
});

it("H20: a deletion counts for ten requests", async () => {
  const clock = { ms: 0 };
  http = createHttp(fakeLogger() as unknown as Logger);
  const { app, owed } = http;
  observeAsCallers(app);
  const rates = new CallerRates({ perSecond: 2, burst: 20, now: () => clock.ms });
  limitRequests({ http: app, owed }, { rates, quota: noQuota, metrics: { limitHit: () => {} } });
  app.delete("/here", (_request, reply) => reply.code(204).send());
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const statusOf = async (method: string) =>
    (await fetch(`${url}/here`, { method, headers: { "x-forwarded-for": "203.0.113.7" } })).status;
  expect([await statusOf("DELETE"), await statusOf("DELETE"), await statusOf("DELETE")]).toEqual([204, 204, 429]);
  clock.ms += 4_500;
  // Nine requests' worth have come back.
  expect([await statusOf("DELETE"), await statusOf("GET")]).toEqual([429, 405]);
  clock.ms += 1_000;
  expect(await statusOf("DELETE")).toBe(204);
});

it("H20: of requests that were sent ahead the first that is too fast closes the connection, unless it is the only one", async () => {
  http = createHttp(fakeLogger() as unknown as Logger);
  const { app, owed } = http;
  let read = 0;
  app.server.on("request", () => read++);
  observeAsCallers(app);
  const rates = new CallerRates({ perSecond: 1e-6, burst: 5 });
  limitRequests({ http: app, owed }, { rates, quota: noQuota, metrics: { limitHit: () => {} } });
  app.get("/here", (_request, reply) => reply.send("here"));
  await app.listen({ host: "127.0.0.1", port: 0 });
  const statusesOf = async (text: string) => {
    const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
    let got = "";
    socket.on("data", (piece) => {
      got += piece;
    });
    socket.write(text);
    await once(socket, "close");
    return got.match(/(?<=HTTP\/1\.1 )\d+/g);
  };
  const get = "GET /here HTTP/1.1\r\nHost: x\r\n\r\n";
  expect(await statusesOf(get.repeat(20))).toEqual(["200", "200", "200", "200", "200", "429"]);
  expect(read).toBe(6);
  const alone = await fetch(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}/here`);
  expect([alone.status, alone.headers.get("connection")]).toEqual([429, "keep-alive"]);
});
