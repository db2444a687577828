import { once } from "node:events";
import { connect } from "node:net";
import type { RouteOptions } from "fastify";
import { afterEach, beforeEach, expect, it } from "vitest";
import { WebSocket } from "ws";
import { CloseCode } from "../proto/index.js";
import type { Host } from "../services/runtime/host.js";
import { FakeAccess, principalOf } from "../services/runtime/testing/fake-access.js";
import { startServices } from "./testing/fake-services.js";
import { serveGateway } from "./testing/serve-gateway.js";

const user = principalOf("acme");
const reader = principalOf("acme", ["segment"]);
const passing = { ...principalOf("acme"), expiresAt: Date.UTC(2100, 0) };
let access: FakeAccess;
let host: Host;
let routes: RouteOptions[];

beforeEach(async () => {
  access = new FakeAccess({ user, reader, passing });
  routes = [];
  host = await serveGateway(
    { MASKWIRE_CALLER_REQUESTS_PER_SECOND: "20", MASKWIRE_ORIGINS: "https://app.example.org" },
    { access, watch: ({ http }) => http.addHook("onRoute", (route) => void routes.push(route)) },
  );
});
afterEach(async () => {
  host.force();
  await host.stop();
});

const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${host.port}${path}`, init);
const join = (protocols: string[], headers?: Record<string, string>) =>
  new WebSocket(`ws://127.0.0.1:${host.port}/v1/ws`, protocols, { headers: headers ?? {} });
const refusal = async (ws: WebSocket) => {
  const [request, response] = await once(ws, "unexpected-response");
  let body = "";
  for await (const piece of response) body += piece;
  request.destroy();
  return { status: response.statusCode, challenge: response.headers["www-authenticate"], body: JSON.parse(body) };
};
const unknown = { error: { code: "UNAUTHENTICATED", message: expect.stringMatching(/\.$/) } };

it("L1: every route but the page's asks who is there", async () => {
  const asking = routes.filter(({ config }) => !config?.isPublic);
  expect(asking.map(({ url }) => url)).toEqual(expect.arrayContaining(["/v1/images", "/v1/segment", "/v1/everything"]));
  for (const { url, method: methods } of asking) {
    for (const method of [methods].flat()) {
      const what = `${method} ${url}`;
      const answer = await ask(url.replace(/:\w+/g, "any"), { method });
      expect(answer.status, what).toBe(401);
      expect(answer.headers.get("www-authenticate"), what).toMatch(/^Bearer /);
      if (method !== "HEAD") expect(await answer.json(), what).toEqual(unknown);
    }
  }
  expect((await ask("/")).status).toBe(200);
  expect((await ask("/livez")).status).toBe(200);
  expect((await ask("/v1/nothing")).status).toBe(404);
});

it("L1: who has a bearer is let in", async () => {
  const answer = await ask("/v1/images/none", { headers: { authorization: "Bearer user" } });
  expect(answer.status).toBe(400);
});

it("L1: guesses have a rate, those who are known beside them do not share it", async () => {
  const guess = () => ask("/v1/images/none", { headers: { authorization: "Bearer guess" } });
  const statuses = new Set<number>();
  // Many at once, until there are too many for a second: one after the other a busy machine may be too slow for that.
  while (!statuses.has(429)) {
    for (const { status } of await Promise.all(Array.from({ length: 250 }, guess))) statuses.add(status);
  }
  expect(statuses).toEqual(new Set([401, 429]));
  expect((await ask("/v1/images/none", { headers: { authorization: "Bearer user" } })).status).toBe(400);
});

it("L3: who lacks a scope is told which, before anything is asked of the other tiers", async () => {
  const headers = { authorization: "Bearer reader" };
  const answer = await ask("/v1/images", { method: "POST", headers, body: Buffer.alloc(100) });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ error: { code: "PERMISSION_DENIED", message: /"upload"/ } });
});

it("L4: a WebSocket opens with a bearer or a ticket, and never says the ticket back", async () => {
  expect(await refusal(join(["maskwire.v1"]))).toMatchObject({ status: 401, challenge: /^Bearer /, body: unknown });
  expect(await refusal(join(["maskwire.v1", "maskwire.ticket.guess"]))).toMatchObject({ status: 401 });
  for (const ws of [
    join(["maskwire.v1", "maskwire.ticket.user"]),
    join(["maskwire.v1"], { authorization: "Bearer user" }),
    join([], { authorization: "Bearer user" }),
  ]) {
    await once(ws, "message");
    expect(["maskwire.v1", ""]).toContain(ws.protocol);
    ws.terminate();
  }
});

it("L5: a session ends with its principal, and leaves no watch behind", async () => {
  const ws = join(["maskwire.v1", "maskwire.ticket.user"]);
  await once(ws, "message");
  expect(access.watches(user)).toBe(1);
  access.end(user);
  const [code, reason] = await once(ws, "close");
  expect([code, String(reason)]).toEqual([CloseCode.UNAUTHENTICATED, expect.stringMatching(/has ended/)]);
  await expect.poll(() => access.watches(user)).toBe(0);
});

it("W5: an embedding, which caches keep apart by who asks, is kept apart by origin too", async () => {
  await using services = await startServices({
    encoder: { fetchEmbedding: async (_request, send) => send({ chunk: Buffer.from("record") }) },
  });
  const own = await serveGateway({}, { access, encoders: [services.address] });
  try {
    const path = `/v1/images/sha256:${"a".repeat(64)}/embedding`;
    const headers = { authorization: "Bearer user" };
    const answer = await fetch(`http://127.0.0.1:${own.port}${path}`, { headers });
    expect([answer.status, answer.headers.get("vary")]).toEqual([200, "origin, authorization"]);
    await answer.body?.cancel();
  } finally {
    own.force();
    await own.stop();
  }
});

it("L6: anybody is told how to sign in, and who is known who they are", async () => {
  const auth = await ask("/v1/auth");
  expect([auth.status, auth.headers.get("cache-control")]).toEqual([200, "no-store"]);
  expect(await auth.json()).toEqual({ required: true, methods: ["key"] });
  const me = await ask("/v1/me", { headers: { authorization: "Bearer reader" } });
  expect(me.headers.get("cache-control")).toBe("no-store");
  expect(await me.json()).toEqual({ id: reader.id, tenant: "acme", scopes: ["segment"] });
  const short = await ask("/v1/me", { headers: { authorization: "Bearer passing" } });
  expect(await short.json()).toMatchObject({ expiresAt: "2100-01-01T00:00:00.000Z" });
});

it("L7: who is known gets a ticket that a session begins with", async () => {
  const answer = await ask("/v1/tickets", { method: "POST", headers: { authorization: "Bearer passing" } });
  expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
  const { ticket, ...rest } = (await answer.json()) as { ticket: string };
  expect(rest).toEqual({ expiresInMs: 60_000, sessionUntil: "2100-01-01T00:00:00.000Z" });
  const ws = join(["maskwire.v1", `maskwire.ticket.${ticket}`]);
  await once(ws, "message");
  ws.terminate();
});

it("L5: a request under way ends with its principal, and one that is answered leaves no watch behind", async () => {
  const headers = { authorization: "Bearer user" };
  const body = JSON.stringify({ imageId: `sha256:${"0".repeat(64)}`, prompt: { points: [{ x: 1, y: 1 }] } });
  // Nobody is there to answer it.
  const asking = ask("/v1/segment", { method: "POST", headers, body });
  await expect.poll(() => access.watches(user)).toBe(1);
  access.end(user);
  const answer = await asking;
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({ error: { code: "UNAUTHENTICATED", message: /has ended/ } });
  await ask("/v1/segment", { method: "POST", headers, body: "{}" });
  await expect.poll(() => access.watches(user)).toBe(0);
});

it("L1: a stranger's connection is freed once it is refused", async () => {
  const socket = connect(host.port, "127.0.0.1");
  const head = "GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
  socket.write(`${head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`);
  socket.resume();
  await once(socket, "close");
});

it("W4, W5: a preflight needs no credential, and a listed page reads that what follows does", async () => {
  const headers = { origin: "https://app.example.org", "access-control-request-method": "POST" };
  const preflight = await ask("/v1/segment", { method: "OPTIONS", headers });
  expect([preflight.status, preflight.headers.get("access-control-allow-headers")]).toEqual([
    204,
    expect.stringContaining("authorization"),
  ]);
  const refused = await ask("/v1/segment", { method: "POST", body: "{}", headers: { origin: headers.origin } });
  expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([401, headers.origin]);
});
