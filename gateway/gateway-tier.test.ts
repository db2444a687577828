import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { WebSocket } from "ws";
import { CloseCode } from "../proto/index.js";
import type { Host } from "../services/runtime/host.js";
import { safeHeaders } from "../services/runtime/http/safe-headers.js";
import { serveGateway } from "./testing/serve-gateway.js";

let host: Host;
/** Every route by its path; the web client's files are routes too. */
let routes: Map<string, string[]>;

beforeEach(async () => {
  routes = new Map([
    ["/livez", ["GET", "HEAD"]],
    ["/metrics", ["GET", "HEAD"]],
  ]);
  const env = { MASKWIRE_MAX_SESSIONS: "2", MASKWIRE_MAX_FRAME_BYTES: "1024", MASKWIRE_UPLOAD_SILENCE_MS: "300" };
  const watch = ({ http }: Host) => {
    http.addHook("onRoute", ({ url, method }) => {
      routes.set(url, [...(routes.get(url) ?? []), ...[method].flat()]);
    });
  };
  host = await serveGateway(env, { watch });
});
afterEach(async () => {
  host.force();
  await host.stop();
});

const every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];

it("H12, W7: every route answers every method, refuses in the one form, and tells browsers to keep it apart", async () => {
  expect([...routes.keys()]).toEqual(expect.arrayContaining(["/v1/images", "/v1/images/:id", "/v1/segment", "/"]));
  /** A path may be that of a route by its name, and of another by a parameter. */
  const takenAt = (url: string) =>
    [...routes].flatMap(([path, methods]) =>
      new RegExp(`^${path.replace("*", "nothing").replace(/:\w+/g, "[^/]+")}$`).test(url) ? methods : [],
    );
  // The documentation's files are hundreds of routes alike.
  const unlike = [...routes].filter(([path]) => !path.startsWith("/docs/") || /(index\.html|\*)$/.test(path));
  for (const [path, own] of [...unlike, ["/v1/nothing", [] as string[]] as const]) {
    const methods = [...own, ...takenAt(path.replace(/:\w+/g, "any"))];
    for (const method of every) {
      const url = path.replace(/:\w+/g, "any");
      const answer = await fetch(`http://127.0.0.1:${host.port}${url}`, { method });
      const allow = answer.headers.get("allow")?.split(", ");
      const what = `${method} ${url}`;
      const body = await answer.text();
      for (const [header, value] of Object.entries(safeHeaders)) {
        // The page has a policy of its own.
        if (header === "content-security-policy") expect(answer.headers.get(header), what).toContain("frame-ancestors");
        else expect(answer.headers.get(header), `${what} ${header}`).toBe(value);
      }
      if (methods.length === 0) expect(answer.status, what).toBe(404);
      else if (method === "OPTIONS") expect([answer.status, allow], what).toEqual([204, expect.any(Array)]);
      else expect(answer.status === 405, what).toBe(!methods.includes(method));
      if (answer.status === 405) expect(allow, what).toEqual(expect.arrayContaining(methods));
      if (answer.status < 400) continue;
      expect(answer.headers.get("x-request-id"), what).not.toBeNull();
      if (method === "HEAD") expect(body, what).toBe("");
      // H25: who reads the documentation is told on a page of its own.
      else if (url.startsWith("/docs/") && answer.status === 404) expect(body, what).toMatch(/^<!doctype html>/);
      else expect(JSON.parse(body), what).toEqual({ error: faultOf });
    }
  }
});

const faultOf = expect.objectContaining({ code: expect.any(String), message: expect.stringMatching(/\.$/) });

it("F1, H12: refuses a WebSocket in the form of all errors, and holds no connection that it has refused", async () => {
  const refused = [
    ["/nothing", "", 404],
    ["/v1/ws", "Sec-WebSocket-Protocol: other\r\n", 400],
    ["/v1/ws", "Sec-WebSocket-Version: 7\r\n", 400],
  ] as const;
  await Promise.all(
    Array.from({ length: 60 }, async (_, at) => {
      const [path, headers, status] = refused[at % refused.length] as (typeof refused)[number];
      // A peer that never closes, and goes on sending.
      const socket = connect({ port: host.port, host: "127.0.0.1", allowHalfOpen: true });
      socket.on("error", () => {});
      socket.write(offer(path, headers));
      let answer = "";
      for await (const piece of socket.iterator({ destroyOnReturn: false })) answer += piece;
      expect(answer).toMatch(
        new RegExp(`^HTTP/1\\.1 ${status} .*\\{"error":\\{"code":"[A-Z_]+","message":"[^"]+\\."\\}\\}$`, "s"),
      );
      // Freed there, it refuses what is sent; held, it would take it for ever.
      const gone = new Promise((resolve) => socket.once("close", resolve));
      const sending = setInterval(() => socket.write("x"), 50);
      await gone;
      clearInterval(sending);
    }),
  );
});

const offer = (path: string, headers: string) =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${headers}` +
  `${/version/i.test(headers) ? "" : "Sec-WebSocket-Version: 13\r\n"}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;

async function upgrade(path: string, headers = ""): Promise<string> {
  const socket = connect(host.port, "127.0.0.1");
  socket.write(offer(path, headers));
  const [head] = await once(socket, "data");
  socket.destroy();
  return String(head).split("\r\n")[0] ?? "";
}

const dial = () => new WebSocket(`ws://127.0.0.1:${host.port}/v1/ws`);

it.each(["//", "/nothing", "/v1/ws/more", "*", "http://[", "/v1/wsx?/v1/ws"])(
  "F1 refuses an upgrade at %s and goes on",
  async (path) => {
    expect(await upgrade(path)).toMatch(/^HTTP\/1\.1 4/);
    expect((await fetch(`http://127.0.0.1:${host.port}/livez`)).status).toBe(200);
  },
);

it("F1 takes its own subprotocol or none, with a query or without, and refuses others", async () => {
  expect(await upgrade("/v1/ws")).toContain("101");
  expect(await upgrade("/v1/ws?from=script", "Sec-WebSocket-Protocol: other, maskwire.v1\r\n")).toContain("101");
  expect(await upgrade("/v1/ws", "Sec-WebSocket-Protocol: other\r\n")).toContain("400");
});

it("F6 closes with 1009 for a frame over the limit", async () => {
  const ws = dial();
  await once(ws, "open");
  ws.send(Buffer.alloc(1025));
  expect((await once(ws, "close"))[0]).toBe(CloseCode.MESSAGE_TOO_BIG);
});

it("B3 closes the newest of too many sessions with 4429, and takes one when another has left", async () => {
  const [first, second] = [dial(), dial()];
  await Promise.all([once(first, "message"), once(second, "message")]);
  expect((await once(dial(), "close"))[0]).toBe(CloseCode.TOO_MANY_SESSIONS);
  second.close();
  await once(second, "close");
  // The server hears of it before it takes the next connection's request.
  const next = dial();
  await once(next, "message");
  for (const ws of [first, next]) ws.terminate();
});

it("B4 closes every session with 1001 when the process stops, and cuts off one that does not answer", async () => {
  const polite = dial();
  await once(polite, "message");
  const silent = dial();
  await once(silent, "message");
  silent.pause();
  const closed = once(polite, "close");
  const stopping = host.stop();
  expect((await closed)[0]).toBe(CloseCode.GOING_AWAY);
  host.force();
  await stopping;
  silent.terminate();
});

it.each(["/v1/segment", "/v1/everything"])(
  "H17 ends a body of %s that stops arriving, and refuses one that is too large",
  async (path) => {
    const said = await new Promise<string>((resolve) => {
      const socket = connect(host.port, "127.0.0.1");
      let text = "";
      socket.on("data", (piece) => {
        text += piece;
      });
      socket.on("close", () => resolve(text));
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 100\r\n\r\n{"image`,
      );
    });
    expect(said).toMatch(/^HTTP\/1\.1 408 .*"reason":"UPLOAD_TOO_SLOW"/s);
    const large = await fetch(`http://127.0.0.1:${host.port}${path}`, { method: "POST", body: "x".repeat(1025) });
    expect(large.status).toBe(413);
    expect(await large.json()).toEqual({ error: faultOf });
  },
);
