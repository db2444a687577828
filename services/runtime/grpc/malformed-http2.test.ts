import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { getActiveResourcesInfo } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createMetrics } from "../host-metrics.js";
import { OnePort } from "../one-port.js";
import { Authority } from "../testing/authority.js";
import { Echo, echoScopes } from "../testing/echo-service.js";
import { fakeLogger } from "../testing/fake-logger.js";
import {
  callHeaders,
  flags,
  frame,
  frameTypes,
  headers,
  preface,
  rstStream,
  settings,
} from "../testing/http2-frames.js";
import { readCertificate } from "../tls/certificate.js";
import { TlsDoor } from "../tls/tls-door.js";
import { RpcClient } from "./client.js";
import { createGrpcServer } from "./grpc-server.js";
import { serve } from "./serve.js";

/*
 * After a mistake of its peer Node's HTTP/2 often keeps the socket, whether the peer closes its end or not. Whatever a peer
 * sends, its socket must be given back.
 */

const bytes = (...values: number[]) => Buffer.from(values);
const times = (count: number, make: (i: number) => Uint8Array[]) =>
  Array.from({ length: count }, (_, i) => make(i)).flat();
const pairs = (all: [number, number][]) =>
  Buffer.concat(
    all.map(([id, value]) => bytes(0, id, value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)),
  );

const chat = headers(101, callHeaders("/maskwire.testing.Echo/Chat"));
const unknown = callHeaders("/x");

/** Behind the preface; those of `settled` behind SETTINGS too. */
const begun: [string, Uint8Array[]][] = [
  ["nothing", []],
  ["garbage", [Buffer.alloc(200, 0x41)]],
  ["a call before SETTINGS", [headers(1, unknown)]],
  ["SETTINGS of 12 kB", [settings(pairs(Array.from({ length: 2000 }, (_, i) => [16 + (i % 200), 1])))]],
  ["SETTINGS of half an entry", [settings(bytes(1, 2, 3))]],
  ["a window over the most", [settings(pairs([[4, 0xffff_ffff]]))]],
  ["5,000 SETTINGS", times(5000, () => [settings()])],
];
const settled: [string, Uint8Array[]][] = [
  ["a window that overflows", times(2, () => [frame(frameTypes.windowUpdate, 0, 0, bytes(0x7f, 255, 255, 255))])],
  ["a window that grows by nothing", [frame(frameTypes.windowUpdate, 0, 0, bytes(0, 0, 0, 0))]],
  ["a frame over the largest", [frame(frameTypes.data, 0, 1, Buffer.alloc(20_000))]],
  ["half of its headers", [headers(1, unknown, flags.none)]],
  ["half of its headers, then data", [headers(1, unknown, flags.none), frame(frameTypes.data, 0, 1, bytes(1))]],
  ["headers that HPACK cannot read", [frame(frameTypes.headers, flags.endHeaders, 1, Buffer.alloc(50, 0xff))]],
  ["headers that go on and on", [headers(1, unknown, 0), ...times(5000, () => [frame(frameTypes.continuation, 0, 1)])]],
  ["a stream of the server's numbers", [headers(2, unknown)]],
  ["data for no stream", [frame(frameTypes.data, 0, 7, bytes(1))]],
  ["a push promise", [frame(5, flags.endHeaders, 1, bytes(0, 0, 0, 2))]],
  ["a stream that depends on itself", [frame(2, 0, 1, bytes(0, 0, 0, 1, 5))]],
  ["500 GOAWAY", times(500, () => [frame(frameTypes.goaway, 0, 0, Buffer.alloc(8))])],
  ["5,000 PING", times(5000, () => [frame(frameTypes.ping, 0, 0, Buffer.alloc(8))])],
  ["3,000 calls taken back", times(3000, (i) => [headers(2 * i + 1, unknown), rstStream(2 * i + 1)])],
  ["frames of an unknown type", times(100, () => [frame(99, 0, 1, Buffer.alloc(100))])],
];

const openSockets = () => getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;

const behindPreface = [
  ...begun.map(([name, frames]) => [name, [preface, ...frames]] as const),
  ...settled.map(([name, frames]) => [name, [preface, settings(), ...frames]] as const),
  ...settled.map(
    ([name, frames]) => [`a call that stays open, and ${name}`, [preface, settings(), chat, ...frames]] as const,
  ),
  ["another protocol's preface", [Buffer.from("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")]] as const,
];

const hourMs = 3_600_000;
// Nothing else ends a connection: neither idleness, nor pings, nor silence before the first request.
const grpc = createGrpcServer({ idleMs: hourMs, pingMs: hourMs, silentMs: hourMs });
const onePort = new OnePort(createServer(), grpc, { lookMs: 20 });
const authority = new Authority();
const { cert, key } = authority.issue("server");
const files = { cert: { variable: "CERT", path: cert }, key: { variable: "KEY", path: key } };
const certificate = readCertificate(files, Date.now());
const metrics = createMetrics();
const tls = new TlsDoor({ certificate, clients: "off", logger: fakeLogger(), metrics });
const encryptedPort = new OnePort(createServer(), grpc, { lookMs: 20, tls });
let port: number;
let portOfTls: number;
let client: RpcClient;

beforeAll(async () => {
  const implementation = {
    say: async ({ value }: { value: string }) => ({ value }),
    join: async () => ({}),
    chat: async (_requests: unknown, _send: unknown, { signal }: { signal: AbortSignal }) => {
      if (!signal.aborted) await once(signal, "abort");
    },
  };
  serve(grpc, Echo, implementation, { signal: new AbortController().signal, logger: fakeLogger(), scopes: echoScopes });
  port = await onePort.listen("127.0.0.1", 0);
  portOfTls = await encryptedPort.listen("127.0.0.1", 0);
  client = new RpcClient(`127.0.0.1:${port}`);
});

afterAll(() => {
  client.close();
  for (const one of [onePort, encryptedPort]) one.stopListening();
  grpc.forceShutdown();
  for (const one of [onePort, encryptedPort]) one.destroyConnections();
  metrics.close();
  authority[Symbol.dispose]();
});

async function send(parts: readonly Uint8Array[], isEnded: boolean, isEncrypted = false): Promise<void> {
  const tlsOptions = { port: portOfTls, host: "127.0.0.1", ca: authority.pem, ALPNProtocols: ["h2"] };
  const socket = isEncrypted ? connectTls(tlsOptions) : connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, isEncrypted ? "secureConnect" : "connect");
  socket.resume().write(Buffer.concat(parts));
  if (isEnded) socket.end();
  // The server reads it before the peer is gone.
  await sleep(30);
  socket.destroy();
}

it.each(behindPreface)("gives back the socket of a peer that sends %s", async (_name, parts) => {
  const before = openSockets();
  await Promise.all([send(parts, false), send(parts, true)]);
  while (openSockets() > before) await sleep(10);
});

it.each(behindPreface)("T2: over TLS, gives back the socket of a peer that sends %s", async (_name, parts) => {
  const before = openSockets();
  await Promise.all([send(parts, false, true), send(parts, true, true)]);
  while (openSockets() > before) await sleep(10);
});

it("serves others as before", async () => {
  expect(await client.unary(Echo.method.say, { value: "hello" })).toMatchObject({ value: "hello" });
});
