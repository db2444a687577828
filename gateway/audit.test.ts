import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { Host } from "../services/runtime/host.js";
import { FakeAccess, principalOf } from "../services/runtime/testing/fake-access.js";
import { serveGateway } from "./testing/serve-gateway.js";

let folder: string;
let host: Host;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "maskwire-audit-"));
  const access = new FakeAccess({ user: principalOf("acme"), reader: principalOf("acme", ["segment"]) });
  const env = { MASKWIRE_CALLER_REQUESTS_PER_SECOND: "4", MASKWIRE_REACH_MS: "0" };
  host = await serveGateway(env, { access, audit: join(folder, "audit.jsonl") });
});
afterEach(() => rmSync(folder, { recursive: true }));

const ask = (path: string, key: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${host.port}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${key}`, "x-request-id": "of-mine", ...init.headers },
  });

/** What was written, once all of it is. */
async function told(): Promise<Record<string, unknown>[]> {
  host.force();
  await host.stop();
  const text = readFileSync(join(folder, "audit.jsonl"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const imageId = `sha256:${"ab".repeat(32)}`;

it("J1, J2: tells who uploaded what and how it went, who was refused, and that a key was used, once", async () => {
  const upload = { method: "POST", body: "no picture" };
  expect((await ask(`/v1/images?id=${imageId}`, "user", upload)).status).toBe(503);
  expect((await ask("/v1/images", "reader", upload)).status).toBe(403);
  expect((await ask("/v1/images", "nobody's", upload)).status).toBe(401);
  const at = { address: "127.0.0.1", request: "of-mine", time: expect.stringMatching(/Z$/) };
  const acme = { ...at, tenant: "acme", principal: expect.any(String) };
  expect(await told()).toEqual([
    { ...acme, action: "key-use", outcome: "done" },
    { ...acme, action: "upload", outcome: "failed", code: "UNAVAILABLE", object: "sha256:abababababababab" },
    { ...acme, action: "denied", outcome: "refused", code: "PERMISSION_DENIED", object: "POST /v1/images" },
    { ...at, action: "denied", outcome: "refused", code: "UNAUTHENTICATED", object: "POST /v1/images" },
  ]);
});

it("J1: tells of deletions, of what only an administrator may, and of tickets", async () => {
  expect((await ask(`/v1/images/${imageId}`, "user", { method: "DELETE" })).status).toBe(503);
  expect((await ask("/v1/images?confirm=acme", "user", { method: "DELETE" })).status).toBe(503);
  expect((await ask("/v1/tenants/umbrella", "user", { method: "DELETE" })).status).toBe(503);
  expect((await ask("/v1/tickets", "user", { method: "POST" })).status).toBe(200);
  const lines = await told();
  expect(lines.map(({ action, outcome, object }) => [action, outcome, object])).toEqual([
    ["key-use", "done", undefined],
    ["delete", "failed", "sha256:abababababababab"],
    ["delete", "failed", "DELETE /v1/images"],
    ["admin", "failed", "tenant umbrella"],
    ["sign-in", "done", "POST /v1/tickets"],
  ]);
});

it("J1, J2: tells of sessions that are opened with a key or refused, and of who is too fast, once", async () => {
  const statusOf = async (headers: Record<string, string>) => {
    const ws = new WebSocket(`ws://127.0.0.1:${host.port}/v1/ws`, { headers });
    ws.on("error", () => {});
    const status = await Promise.race([
      once(ws, "open").then(() => 101),
      once(ws, "unexpected-response").then(([, { statusCode }]) => statusCode),
    ]);
    ws.terminate();
    return status;
  };
  expect(await statusOf({ authorization: "Bearer user" })).toBe(101);
  expect(await statusOf({ origin: "https://attacker.example" })).toBe(403);
  const statuses = await Promise.all(Array.from({ length: 90 }, () => ask(`/v1/images/${imageId}`, "reader")));
  const tooMany = statuses.filter(({ status }) => status === 429).length;
  // How many is a matter of how long the machine takes for them.
  expect(tooMany).toBeGreaterThan(1);
  const lines = await told();
  expect(lines.map(({ action, code, object }) => [action, code, object])).toEqual([
    ["key-use", undefined, undefined],
    ["denied", "PERMISSION_DENIED", "GET /v1/ws"],
    ["limited", "RESOURCE_EXHAUSTED", "GET /v1/images/:id"],
  ]);
});
