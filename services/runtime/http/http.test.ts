import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { Host } from "../host.js";
import { fakeLogger } from "../testing/fake-logger.js";
import { createHttp } from "./create-http.js";
import { safeHeaders } from "./safe-headers.js";

let host: Host;
const sockets: Socket[] = [];
/** Answers that wait until they are let go. */
let release = () => {};

beforeEach(async () => {
  host = new Host({ host: "127.0.0.1", port: 0, stopMs: 1, logger: fakeLogger() });
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  host.http.register(async (app) => {
    app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => done(null, body));
    app.post("/echo/:name", { bodyLimit: 1000 }, async (request, reply) => reply.type("text/plain").send(request.body));
    app.get("/hello", async () => "hello");
    app.get("/held", async () => {
      await held;
      return "held";
    });
    app.get("/broken", async () => {
      throw new Error("the secret cause");
    });
  });
  const websockets = new WebSocketServer({ noServer: true });
  host.onWebSocket((message, socket, head) =>
    websockets.handleUpgrade(message, socket, head, (ws) => ws.on("message", (data) => ws.send(data))),
  );
  await host.listen();
});

afterEach(async () => {
  release();
  for (const socket of sockets.splice(0)) socket.destroy();
  await host.stop();
});

async function dial(port = host.port): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").setNoDelay(true);
  sockets.push(socket);
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Everything that comes back for what is written, until the server ends the connection. */
const exchange = (...parts: string[]) => exchangeAt(host.port, ...parts);

async function exchangeAt(port: number, ...parts: string[]): Promise<string> {
  const socket = await dial(port);
  let text = "";
  socket.on("data", (piece) => {
    text += piece;
  });
  const closed = once(socket, "close");
  for (const part of parts) socket.write(part, "latin1");
  await closed;
  return text;
}

const close = "Host: x\r\nConnection: close\r\n";

function errorIn(answer: string): { status: number; error: { code: string; message: string } } {
  const [, status, body = ""] = /^HTTP\/1\.1 (\d+) .*?\r\n\r\n(.*)$/s.exec(answer) ?? [];
  return { status: Number(status), error: JSON.parse(body).error };
}

describe("H12, W7: an error has the one form and tells browsers to keep it apart, whoever refuses", () => {
  it.each<[string, string, number, string]>([
    ["a path that is none", `GET /nowhere HTTP/1.1\r\n${close}\r\n`, 404, "NOT_FOUND"],
    [
      "with a body of any type",
      `POST /no HTTP/1.1\r\n${close}Content-Type: a/b\r\nContent-Length: 1\r\n\r\nx`,
      404,
      "NOT_FOUND",
    ],
    ["another method", `DELETE /hello HTTP/1.1\r\n${close}\r\n`, 405, "UNIMPLEMENTED"],
    ["a method of WebDAV", `PROPFIND /hello HTTP/1.1\r\n${close}\r\n`, 405, "UNIMPLEMENTED"],
    ["a path with a parameter", `PUT /echo/a HTTP/1.1\r\n${close}\r\n`, 405, "UNIMPLEMENTED"],
    ["a proxy's method", `CONNECT example.org:80 HTTP/1.1\r\n${close}\r\n`, 405, "UNIMPLEMENTED"],
    [
      "a body that is too large",
      `POST /echo/a HTTP/1.1\r\n${close}Content-Type: application/json\r\nContent-Length: 2000\r\n\r\n`,
      413,
      "RESOURCE_EXHAUSTED",
    ],
    [
      "a body of a type that is not taken",
      `POST /echo/a HTTP/1.1\r\n${close}Content-Type: text/csv\r\nContent-Length: 1\r\n\r\nx`,
      415,
      "INVALID_ARGUMENT",
    ],
    [
      "H15: a compressed body",
      `POST /echo/a HTTP/1.1\r\n${close}Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx`,
      415,
      "INVALID_ARGUMENT",
    ],
    ["an expectation", `GET /hello HTTP/1.1\r\n${close}Expect: magic\r\n\r\n`, 417, "INVALID_ARGUMENT"],
    ["a % that begins nothing", `GET /echo/%zz HTTP/1.1\r\n${close}\r\n`, 400, "INVALID_ARGUMENT"],
    ["half a character", `GET /%c3 HTTP/1.1\r\n${close}\r\n`, 400, "INVALID_ARGUMENT"],
    ["an endless parameter", `POST /echo/${"a".repeat(3000)} HTTP/1.1\r\n${close}\r\n`, 414, "INVALID_ARGUMENT"],
    ["no host", "GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "INVALID_ARGUMENT"],
    [
      "headers that are too large",
      `GET /hello HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
      431,
      "RESOURCE_EXHAUSTED",
    ],
    ["no HTTP", "NONSENSE\r\n\r\n", 400, "INVALID_ARGUMENT"],
    ["a method that is none", "BANANA / HTTP/1.1\r\n\r\n", 400, "INVALID_ARGUMENT"],
    [
      "two lengths",
      `POST /echo/a HTTP/1.1\r\n${close}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
      400,
      "INVALID_ARGUMENT",
    ],
    [
      "length and chunks",
      `POST /echo/a HTTP/1.1\r\n${close}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
      "INVALID_ARGUMENT",
    ],
    [
      "a chunk of no length",
      `POST /echo/a HTTP/1.1\r\n${close}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      400,
      "INVALID_ARGUMENT",
    ],
    ["a fault of ours", `GET /broken HTTP/1.1\r\n${close}\r\n`, 500, "INTERNAL"],
  ])("%s", async (_name, request, status, code) => {
    const whole = await exchange(request);
    for (const [header, value] of Object.entries(safeHeaders)) expect(whole).toContain(`${header}: ${value}\r\n`);
    const answer = errorIn(whole);
    expect(answer).toMatchObject({ status, error: { code, message: expect.stringMatching(/^[A-Z].*\.$/) } });
    expect(answer.error.message).not.toContain("secret");
  });

  it("a request whose headers do not end", async () => {
    const { app } = createHttp(fakeLogger(), { connectionsCheckingInterval: 20 });
    app.server.headersTimeout = 50;
    await app.listen({ host: "127.0.0.1", port: 0 });
    try {
      const { port } = app.server.address() as AddressInfo;
      expect(errorIn(await exchangeAt(port, "GET /hello HTTP/1.1\r\nHost: x\r\n"))).toMatchObject({
        status: 408,
        error: { code: "DEADLINE_EXCEEDED" },
      });
    } finally {
      await app.close();
    }
  });

  it("comes behind the answers to the requests before it", async () => {
    const answers = exchange(`GET /held HTTP/1.1\r\nHost: x\r\n\r\n`, "NONSENSE\r\n\r\n");
    await (await fetch(`http://127.0.0.1:${host.port}/hello`)).text();
    release();
    expect((await answers).match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 400"]);
  });
});

describe("W7: what is no error tells browsers to keep it apart, too", () => {
  const told = ({ headers }: Response) =>
    Object.fromEntries(Object.keys(safeHeaders).map((name) => [name, headers.get(name)]));

  it.each(["/hello", "/livez", "/readyz"])("%s", async (path) => {
    expect(told(await fetch(`http://127.0.0.1:${host.port}${path}`))).toEqual(safeHeaders);
  });

  it("the operator's metrics", async () => {
    const operated = new Host({
      host: "127.0.0.1",
      port: 0,
      admin: { host: "127.0.0.1", port: 0 },
      stopMs: 1,
      logger: fakeLogger(),
    });
    await operated.listen();
    try {
      const answer = await fetch(`http://127.0.0.1:${operated.adminPort}/metrics`);
      expect([answer.status, told(answer)]).toEqual([200, safeHeaders]);
    } finally {
      await operated.stop();
    }
  });
});

describe("methods", () => {
  const ask = (path: string, method: string) => fetch(`http://127.0.0.1:${host.port}${path}`, { method });

  it("a path says which it takes, by Allow with 405 and to OPTIONS", async () => {
    expect((await ask("/hello", "POST")).headers.get("allow")).toBe("GET, HEAD, OPTIONS");
    expect((await ask("/echo/any", "GET")).headers.get("allow")).toBe("OPTIONS, POST");
    const options = await ask("/echo/any", "OPTIONS");
    expect([options.status, options.headers.get("allow"), await options.text()]).toEqual([204, "OPTIONS, POST", ""]);
    expect((await ask("/nowhere", "OPTIONS")).status).toBe(404);
    expect(await exchange(`OPTIONS * HTTP/1.1\r\n${close}\r\n`)).toMatch(/^HTTP\/1\.1 204 /);
  });

  it("HEAD is a GET without its body, errors too", async () => {
    const head = await ask("/hello", "HEAD");
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "5", ""]);
    const nowhere = await ask("/nowhere", "HEAD");
    expect([nowhere.status, await nowhere.text()]).toEqual([404, ""]);
  });
});

describe("H13: an offer to change the protocol is declined by answering", () => {
  const offers = [
    [
      "h2c, as curl does",
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n",
    ],
    ["TLS", "Connection: upgrade\r\nUpgrade: TLS/1.0\r\n"],
    ["several, one of them ours", "Connection: keep-alive, Upgrade\r\nUpgrade: h2c, websocket\r\n"],
  ];

  it.each(offers)("%s", async (_name, offer) => {
    const get = `GET /hello HTTP/1.1\r\nHost: x\r\n${offer}\r\n`;
    // The same connection takes the next request, with the offer again, with a body, and without.
    const post = `POST /echo/a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${offer}Content-Length: 4\r\n\r\nbody`;
    const chunked = `POST /echo/a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${offer}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`;
    const last = `GET /hello HTTP/1.1\r\n${close}\r\n`;
    const answers = await exchange(get, post, chunked, last);
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(Array.from({ length: 4 }, () => "HTTP/1.1 200"));
    expect(answers.match(/\r\n\r\n(hello|body|abc)/g)?.map((one) => one.trim())).toEqual([
      "hello",
      "body",
      "abc",
      "hello",
    ]);
  });

  it("also behind a request that is not answered yet, and with a body that comes later", async () => {
    const socket = await dial();
    let text = "";
    socket.on("data", (piece) => {
      text += piece;
    });
    const [, offer] = offers[0] as [string, string];
    socket.write("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
    socket.write(
      `POST /echo/a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${offer}Content-Length: 4\r\n\r\n`,
    );
    await (await fetch(`http://127.0.0.1:${host.port}/hello`)).text();
    release();
    while (!text.includes("held")) await once(socket, "data");
    const closed = once(socket, "close");
    socket.write(`bodyGET /hello HTTP/1.1\r\n${close}\r\n`);
    await closed;
    expect(text.match(/\r\n\r\n(held|body|hello)/g)?.map((one) => one.trim())).toEqual(["held", "body", "hello"]);
  });

  it("but a WebSocket is one", async () => {
    const ws = new WebSocket(`ws://127.0.0.1:${host.port}/any`);
    await once(ws, "open");
    ws.send("ping");
    expect(String((await once(ws, "message"))[0])).toBe("ping");
    ws.terminate();
  });
});

describe("H14: requests that are sent ahead", () => {
  it("have their answers in order up to a bound; past it the connection is refused, and nobody else", async () => {
    let read = 0;
    host.http.server.on("request", () => read++);
    const ahead = (count: number) => "GET /held HTTP/1.1\r\nHost: x\r\n\r\n".repeat(count);
    const within = exchange(ahead(31), `GET /hello HTTP/1.1\r\n${close}\r\n`);
    const beyond = exchange(ahead(2000));
    const bystander = await fetch(`http://127.0.0.1:${host.port}/hello`);
    expect(bystander.status).toBe(200);
    release();
    expect((await within).match(/HTTP\/1\.1 \d+/g)).toEqual(Array.from({ length: 32 }, () => "HTTP/1.1 200"));
    const answers = (await beyond).match(/HTTP\/1\.1 \d+/g) ?? [];
    expect(answers.at(-1)).toBe("HTTP/1.1 429");
    expect(answers.length).toBe(33);
    // What lies behind the refusal is never taken for a request.
    expect(read).toBe(32 + 33 + 1);
  });
});
