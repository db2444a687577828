import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { Host } from "../../services/runtime/host.js";
import { serveGateway } from "../testing/serve-gateway.js";

const listed = "https://app.example.org";
const stranger = "https://attacker.example";
const image = `/v1/images/sha256:${"a".repeat(64)}`;

let host: Host;
beforeAll(async () => {
  host = await serveGateway({
    MASKWIRE_ORIGINS: listed,
    MASKWIRE_PUBLIC_HOSTS: "sam.example.org",
    MASKWIRE_REACH_MS: "0",
  });
});
afterAll(async () => {
  host.force();
  await host.stop();
});

/** Not by `fetch`, which writes these headers itself. */
async function ask(method: string, path: string, headers: Record<string, string> = {}) {
  const asking = request({ host: "127.0.0.1", port: host.port, method, path, headers });
  asking.end(method === "POST" ? "{}" : undefined);
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  let text = "";
  for await (const piece of answer) text += piece;
  return { status: answer.statusCode, headers: answer.headers, text };
}

const errorOf = ({ text }: { text: string }) => JSON.parse(text).error;
const cors = ({ headers }: { headers: IncomingMessage["headers"] }) =>
  Object.keys(headers).filter((name) => name.startsWith("access-control-"));

it.each(["/", "/livez", "/v1/nothing", image])("W1: %s is there by the gateway's names alone", async (path) => {
  const refused = await ask("GET", path, { host: "attacker.example" });
  expect(refused.status).toBe(421);
  expect(errorOf(refused)).toEqual({
    code: "PERMISSION_DENIED",
    message: expect.stringMatching(/MASKWIRE_PUBLIC_HOSTS\.$/),
  });
  expect(refused.headers["x-request-id"]).toBeDefined();
  for (const name of ["sam.example.org", "localhost", "127.0.0.1"]) {
    expect((await ask("GET", path, { host: name })).status).not.toBe(421);
  }
});

it("W2: a page of another origin is refused before its body is read, one of the gateway's own is not", async () => {
  const refused = await ask("POST", "/v1/segment", { origin: stranger });
  expect(refused.status).toBe(403);
  expect(errorOf(refused)).toEqual({
    code: "PERMISSION_DENIED",
    message: expect.stringMatching(/MASKWIRE_ORIGINS\.$/),
  });
  expect(cors(refused)).toEqual([]);
  const own = await ask("POST", "/v1/segment", {
    origin: `http://localhost:${host.port}`,
    host: `localhost:${host.port}`,
  });
  expect(own.status).toBe(400);
});

it("W3: what a page of another site shows is refused, and a link to the page is not", async () => {
  expect((await ask("GET", image, { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" })).status).toBe(403);
  // By any way to write the path.
  expect((await ask("GET", image.replace("v1", "%761"), { "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect((await ask("GET", "/", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" })).status).toBe(200);
});

describe("W1, W2: a WebSocket", () => {
  const open = async (headers: Record<string, string>, path = "/v1/ws") => {
    const ws = new WebSocket(`ws://127.0.0.1:${host.port}${path}`, { headers });
    ws.on("error", () => {});
    const status = await Promise.race([
      once(ws, "open").then(() => 101),
      once(ws, "unexpected-response").then(([, answer]) => (answer as IncomingMessage).statusCode),
    ]);
    ws.terminate();
    return status;
  };

  it.each<[Record<string, string>, number]>([
    [{}, 101],
    [{ host: "sam.example.org" }, 101],
    [{ host: "sam.example.org", origin: "https://sam.example.org" }, 101],
    [{ origin: listed }, 101],
    [{ origin: stranger }, 403],
    [{ origin: "null" }, 403],
    [{ host: "attacker.example" }, 421],
    [{ host: "attacker.example", origin: "http://attacker.example" }, 421],
  ])("with %j is answered %i", async (headers, status) => {
    expect(await open(headers)).toBe(status);
  });

  it("is refused by its origin at a path that is none, too", async () => {
    expect(await open({ origin: stranger }, "/nothing")).toBe(403);
  });
});

describe("W4: a preflight", () => {
  const preflight = (path: string, origin: string) =>
    ask("OPTIONS", path, {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type",
      "sec-fetch-site": "cross-site",
    });

  it("for a listed origin says what it may send", async () => {
    const { status, headers } = await preflight("/v1/segment", listed);
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      "access-control-allow-origin": listed,
      "access-control-allow-methods": "OPTIONS, POST",
      "access-control-allow-headers": "authorization, content-type, traceparent, x-request-id",
      "access-control-max-age": "7200",
      vary: "origin",
    });
    expect(headers["access-control-allow-credentials"]).toBeUndefined();
    expect((await preflight(`${image}?model=`, listed)).headers["access-control-allow-methods"]).toBe(
      "DELETE, GET, HEAD, OPTIONS",
    );
  });

  it("for a path that is none says that, to who may read it", async () => {
    const answer = await preflight("/v1/nothing", listed);
    expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([404, listed]);
  });

  it("for another origin is refused, and names nobody", async () => {
    const answer = await preflight("/v1/segment", stranger);
    expect([answer.status, cors(answer)]).toEqual([403, []]);
  });

  it("is no OPTIONS of a program, which is told what the path takes", async () => {
    const answer = await ask("OPTIONS", "/v1/segment");
    expect([answer.status, answer.headers.allow, cors(answer)]).toEqual([204, "OPTIONS, POST", []]);
  });
});

it("W5, H9: who is listed may read answers, refusals and lines that are still being written; nobody else may", async () => {
  const answers = [
    ["GET", image, {}, 503],
    ["POST", "/v1/segment", {}, 400],
    ["GET", "/v1/nothing", {}, 404],
    ["DELETE", "/v1/segment", {}, 405],
    ["POST", "/v1/images", { accept: "application/x-ndjson" }, 200],
  ] as const;
  for (const [method, path, headers, status] of answers) {
    const read = await ask(method, path, { ...headers, origin: listed, "sec-fetch-site": "cross-site" });
    expect(read, `${method} ${path}`).toMatchObject({
      status,
      headers: {
        "access-control-allow-origin": listed,
        "access-control-expose-headers": "retry-after, x-request-id",
        "x-request-id": expect.any(String),
        vary: "origin",
      },
    });
    const plain = await ask(method, path, headers);
    expect([plain.status, plain.headers.vary, cors(plain)], `${method} ${path}`).toEqual([status, "origin", []]);
  }
  expect(cors(await ask("GET", "/", { origin: listed }))).toEqual([]);
});
