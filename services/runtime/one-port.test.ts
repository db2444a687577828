import { once } from "node:events";
import { createServer, type Server as HttpServer, request } from "node:http";
import { request as requestTls } from "node:https";
import { connect, type Socket } from "node:net";
import { connect as connectTls, createSecureContext } from "node:tls";
import { Server as GrpcServer } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { dial as dialGrpc, RpcClient } from "./grpc/client.js";
import { serve } from "./grpc/serve.js";
import { createMetrics } from "./host-metrics.js";
import { OnePort } from "./one-port.js";
import { Authority } from "./testing/authority.js";
import { Echo, echoScopes } from "./testing/echo-service.js";
import { fakeLogger } from "./testing/fake-logger.js";
import { readCertificate } from "./tls/certificate.js";
import { encrypt } from "./tls/encrypt.js";
import { TlsDoor } from "./tls/tls-door.js";

let http: HttpServer;
let grpc: GrpcServer;
let onePort: OnePort;
let port: number;
const sockets: Socket[] = [];
/** Ends the connection of a socket as one that crashes. */
const resets = new WeakMap<Socket, () => void>();

let metrics: ReturnType<typeof createMetrics> | undefined;
let isEncrypted: boolean;
const authority = new Authority();
const { cert, key } = authority.issue("server");
const files = { cert: { variable: "CERT", path: cert }, key: { variable: "KEY", path: key } };
const certificate = readCertificate(files, Date.now());

afterAll(() => authority[Symbol.dispose]());

beforeEach(async () => {
  http = createServer({ connectionsCheckingInterval: 20 }, (message, reply) => {
    message.resume();
    message.on("end", () => reply.end(message.url));
  });
  const websockets = new WebSocketServer({ noServer: true });
  http.on("upgrade", (message, socket, head) => {
    // As a refusal leaves it: nobody listens on the socket any more.
    if (message.url === "/refused") socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
    else websockets.handleUpgrade(message, socket, head, (ws) => ws.on("message", (data) => ws.send(data)));
  });
  grpc = new GrpcServer();
  const say = async ({ value }: { value: string }) => ({ value });
  const implementation = { say, join: async () => ({}), chat: async () => {} };
  serve(grpc, Echo, implementation, { signal: new AbortController().signal, logger: fakeLogger(), scopes: echoScopes });
  onePort = new OnePort(http, grpc, { tls: isEncrypted ? openDoor() : undefined });
  port = await onePort.listen("127.0.0.1", 0);
});

afterEach(async () => {
  onePort.stopListening();
  for (const socket of sockets.splice(0)) socket.destroy();
  grpc.forceShutdown();
  onePort.destroyConnections();
  http.close();
  metrics?.close();
  metrics = undefined;
});

function openDoor(): TlsDoor {
  metrics = createMetrics();
  return new TlsDoor({ certificate, clients: "off", logger: fakeLogger(), metrics });
}

/** @param protocol that is agreed on where the port is encrypted. */
async function dial(protocol: "http/1.1" | "h2" = "http/1.1"): Promise<Socket> {
  const carrier = connect(port, "127.0.0.1");
  const tls = { socket: carrier, ca: authority.pem, servername: "localhost", ALPNProtocols: [protocol] };
  const socket = isEncrypted ? connectTls(tls) : carrier;
  resets.set(socket, () => carrier.resetAndDestroy());
  sockets.push(socket.setNoDelay(true));
  socket.on("error", () => {});
  await once(socket, isEncrypted ? "secureConnect" : "connect");
  return socket;
}

async function get(path: string): Promise<string> {
  const where = { port, host: "127.0.0.1", path, agent: false };
  const sent = (isEncrypted ? requestTls({ ...where, ca: authority.pem }) : request(where)).end();
  const [reply] = await once(sent, "response");
  let text = "";
  for await (const piece of reply) text += piece;
  return text;
}

async function say(value: string): Promise<string> {
  const address = `127.0.0.1:${port}`;
  const toServer = { context: createSecureContext({ ca: authority.pem }), serverName: "localhost" };
  const calls = dialGrpc(address, {}, isEncrypted ? (socket) => encrypt(socket, toServer) : undefined);
  const client = new RpcClient(address, {}, calls);
  try {
    return (await client.unary(Echo.method.say, { value })).value;
  } finally {
    client.close();
  }
}

/** Everything until the peer ends the connection. */
async function readAll(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (piece) => {
    text += piece;
  });
  await once(socket, "close");
  return text;
}

describe.each([
  ["in the clear", false],
  ["over TLS", true],
])("%s", (_name, encrypted) => {
  beforeAll(() => {
    isEncrypted = encrypted;
  });

  it("speaks HTTP, WebSocket and gRPC on one port", async () => {
    expect(await get("/hello")).toBe("/hello");
    expect(await say("hello")).toBe("hello");
    const ws = new WebSocket(`${isEncrypted ? "wss" : "ws"}://127.0.0.1:${port}/ws`, { ca: authority.pem });
    await once(ws, "open");
    ws.send("ping");
    expect(String((await once(ws, "message"))[0])).toBe("ping");
    ws.close();
    await once(ws, "close");
  });

  it.each([
    "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
    "PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
  ])("reads a request whose first bytes come one by one: %j", async (text) => {
    const socket = await dial();
    const reading = readAll(socket);
    for (const letter of text.slice(0, 20)) {
      await new Promise((written) => socket.write(letter, written));
      // A round trip on another connection: the server has had its turn to read the letter.
      await get("/turn");
    }
    socket.write(text.slice(20));
    expect(await reading).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it("recognises gRPC whose first bytes come one by one", async () => {
    const socket = await dial("h2");
    for (const letter of "PRI * HTTP/2.0") {
      await new Promise((written) => socket.write(letter, written));
      await get("/turn");
    }
    socket.write("\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00");
    const [settings] = await once(socket, "data");
    // An HTTP/2 SETTINGS frame: three bytes of length, then the type 4.
    expect(settings[3]).toBe(4);
  });

  it.each<[string, string, "http/1.1" | "h2"]>([
    ["garbage", "\x00\x01\x02\x03\x04\r\n\r\n", "http/1.1"],
    ["a TLS hello", "\x16\x03\x01\x02\x00\x01\x00", "http/1.1"],
    ["HTTP/2 with garbage behind its preface", `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${"x".repeat(100)}`, "h2"],
  ])("drops %s and goes on", async (_name, bytes, protocol) => {
    const socket = await dial(protocol);
    const closed = once(socket, "close");
    socket.resume().write(bytes, "latin1");
    await closed;
    expect(await get("/after")).toBe("/after");
    expect(await say("after")).toBe("after");
  });

  it("drops a peer that ends before it has said what it speaks, after nothing or half a preface", async () => {
    for (const bytes of ["", "PRI * HT"]) {
      const socket = await dial();
      const closed = once(socket, "close");
      socket.resume().end(bytes);
      await closed;
    }
    expect(await get("/after")).toBe("/after");
  });

  it("survives a peer that resets its connection, before its first byte and after a refused upgrade", async () => {
    resets.get(await dial())?.();
    const socket = await dial();
    socket.write("GET /refused HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    resets.get(socket)?.();
    // An unhandled error of a socket would end the process, here the test run.
    for (let turn = 0; turn < 3; turn++) expect(await get("/after")).toBe("/after");
  });

  it("ends a request whose headers never end", async () => {
    http.headersTimeout = 100;
    const socket = await dial();
    const reading = readAll(socket);
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n");
    expect(await reading).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("does not wait for a silent peer when it is destroyed", async () => {
    const socket = await dial();
    const closed = once(socket, "close");
    // The connection has been accepted once a later one is served.
    await get("/turn");
    onePort.stopListening();
    onePort.destroyConnections();
    await closed;
  });
});
