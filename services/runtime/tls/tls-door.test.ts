import { once } from "node:events";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { request } from "node:https";
import { connect } from "node:net";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createGrpcServer } from "../grpc/grpc-server.js";
import { Host } from "../host.js";
import { OnePort } from "../one-port.js";
import { Authority, type Issued } from "../testing/authority.js";
import { fakeLogger } from "../testing/fake-logger.js";
import { readCertificate } from "./certificate.js";
import type { ServerTls } from "./settings.js";
import { TlsDoor } from "./tls-door.js";

const ours = new Authority("Ours");
const theirs = new Authority("Theirs");
const server = ours.issue("server");
const client = ours.issue("client");
const stranger = theirs.issue("stranger");
let host: Host | undefined;
const logger = fakeLogger();

afterEach(async () => {
  await host?.stop();
  host = undefined;
});
afterAll(() => {
  for (const one of [ours, theirs]) one[Symbol.dispose]();
});

async function start(clients: ServerTls["clients"] = "off", { cert, key }: Issued = server): Promise<void> {
  const ca = clients === "off" ? undefined : named("CA", ours.cert);
  const tls = { files: { cert: named("CERT", cert), key: named("KEY", key), ca }, clients };
  host = new Host({ host: "127.0.0.1", port: 0, admin: { host: "127.0.0.1", port: 0 }, stopMs: 1, logger, tls });
  host.http.get("/hello", async () => "hello");
  await host.listen();
}

const named = (variable: string, path: string) => ({ variable, path });

const readPair = ({ cert, key }: Issued) => ({ cert: readText(cert), key: readText(key) });

/** @returns status and body. */
async function get(options: ConnectionOptions = {}): Promise<[number | undefined, string]> {
  const where = { host: "127.0.0.1", port: host?.port, path: "/hello", ca: ours.pem, agent: false as const };
  const sent = request({ ...where, ...options }).end();
  const [reply] = await once(sent, "response");
  let text = "";
  for await (const piece of reply) text += piece;
  return [reply.statusCode, text];
}

async function dial(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connectTls({ host: "127.0.0.1", port: host?.port, ca: ours.pem, ...options });
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  return socket;
}

const refused = async (reason: string) => {
  const text = await (await fetch(`http://127.0.0.1:${host?.adminPort}/metrics`)).text();
  return Number(new RegExp(`^maskwire_tls_refused_total\\{reason="${reason}"\\} (\\d+)$`, "m").exec(text)?.[1]);
};

describe("T1: what is agreed on", () => {
  it.each<[string[] | undefined, string | false]>([
    [["h2", "http/1.1"], "http/1.1"],
    [["h2"], "h2"],
    [["http/1.1"], "http/1.1"],
    [undefined, false],
  ])("of %j", async (ALPNProtocols, agreed) => {
    await start();
    const socket = await dial(ALPNProtocols ? { ALPNProtocols } : {});
    expect(socket.alpnProtocol).toBe(agreed);
    socket.destroy();
  });

  it("nothing with who speaks neither, or an old TLS", async () => {
    await start();
    await expect(dial({ ALPNProtocols: ["spdy/3"] })).rejects.toThrow();
    // OpenSSL would not even send it at its own level.
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" } as const;
    await expect(dial(old)).rejects.toThrow();
    await expect.poll(() => refused("handshake")).toBe(2);
    expect(await get()).toEqual([200, "hello"]);
  });
});

it("T3: says on the same port to who comes in the clear that it is encrypted", async () => {
  await start();
  const answer = await fetch(`http://127.0.0.1:${host?.port}/hello`);
  expect([answer.status, await answer.json()]).toEqual([
    400,
    {
      error: {
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/^This port is encrypted: write https: for http:/),
      },
    },
  ]);
  await expect.poll(() => refused("plain")).toBe(1);
});

it("T2: gives up who begins a handshake and does not come to its end", async () => {
  const certificate = readCertificate({ cert: named("CERT", server.cert), key: named("KEY", server.key) }, Date.now());
  const metrics = { tlsRefused: (reason: string) => void reasons.push(reason) };
  const reasons: string[] = [];
  const tls = new TlsDoor({ certificate, clients: "off", logger, metrics, handshakeMs: 50 });
  const grpc = createGrpcServer();
  const onePort = new OnePort(createServer(), grpc, { tls });
  const silent = connect(await onePort.listen("127.0.0.1", 0), "127.0.0.1");
  silent.write(Buffer.from([0x16, 3, 1]));
  await once(silent.resume(), "close");
  expect(reasons).toEqual(["handshake"]);
  onePort.stopListening();
  grpc.forceShutdown();
});

it("T2: ends who begins with what is no handshake, renegotiates, or speaks in the clear behind one, and serves on", async () => {
  await start();
  const random = Buffer.from(Array.from({ length: 600 }, (_, at) => (at * 7919) % 251));
  const record = (type: number, body: Buffer) => Buffer.concat([Buffer.from([type, 3, 1, 0, body.length & 255]), body]);
  const hello = Buffer.from([1, 0, 0, 40, 3, 3]);
  const odd = [
    Buffer.concat([Buffer.from([0x16, 3, 1, 2, 88]), random]),
    record(0x16, hello),
    record(0x16, random.subarray(0, 200)),
    Buffer.concat([record(0x16, hello), Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]),
    Buffer.from([0x16, 9, 9, 0xff, 0xff, 0]),
  ];
  for (const bytes of odd) {
    const socket = connect(host?.port as number, "127.0.0.1").on("error", () => {});
    socket.end(bytes);
    await once(socket.resume(), "close");
  }
  await expect.poll(() => refused("handshake")).toBe(odd.length);
  const old = await dial({ maxVersion: "TLSv1.2" });
  const refusal = new Promise((resolve) => old.once("error", resolve));
  old.renegotiate({}, () => {});
  expect(String(await refusal)).toContain("no renegotiation");
  old.destroy();
  expect(await get()).toEqual([200, "hello"]);
});

describe("T5: client certificates", () => {
  it("required: lets in who has one of our authority, and tells the others why not", async () => {
    await start("required");
    expect(await get(readPair(client))).toEqual([200, "hello"]);
    const [none, noneText] = await get();
    expect([none, JSON.parse(noneText).error.code]).toEqual([403, "PERMISSION_DENIED"]);
    expect(noneText).toContain("asks for a client certificate");
    const [bad, badText] = await get(readPair(stranger));
    expect([bad, badText]).toEqual([403, expect.stringContaining("UNABLE_TO_VERIFY_LEAF_SIGNATURE")]);
    expect([await refused("no_certificate"), await refused("bad_certificate")]).toEqual([1, 1]);
  });

  it("required: ends HTTP/2 with who has none", async () => {
    await start("required");
    const socket = await dial({ ALPNProtocols: ["h2"] });
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    await once(socket.resume(), "close");
  });

  it("optional: lets in who has none, and still nobody with another's", async () => {
    await start("optional");
    expect(await get()).toEqual([200, "hello"]);
    expect(await get(readPair(client))).toEqual([200, "hello"]);
    expect((await get(readPair(stranger)))[0]).toBe(403);
  });

  it("one that has ended is not accepted", async () => {
    await start("required");
    const [status, text] = await get(readPair(ours.issue("late", "DNS:late", -1)));
    expect([status, text]).toEqual([403, expect.stringContaining("CERT_HAS_EXPIRED")]);
  });
});

describe("T4: certificates that change", () => {
  const peerOf = async () => {
    const socket = await dial({});
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return subject.CN;
  };

  it("are taken over; who is connected stays, and one that cannot be used changes nothing", async () => {
    const [first, second] = [ours.issue("first"), ours.issue("second")];
    const [cert, key] = [`${ours.folder}/live.crt`, `${ours.folder}/live.key`];
    const put = (issued: Issued) => {
      for (const [from, to] of [
        [issued.cert, cert],
        [issued.key, key],
      ] as const) {
        writeFileSync(`${to}.new`, readText(from));
        renameSync(`${to}.new`, to);
      }
    };
    put(first);
    await start("off", { cert, key });
    const before = await dial({});
    expect(await peerOf()).toBe("first");
    put(second);
    await expect.poll(peerOf).toBe("second");
    writeFileSync(key, readText(first.key));
    const why = /^KEY is .* not that of the certificate in CERT/;
    await expect
      .poll(() => logger.lines.some(({ level, why: said }) => level === 50 && why.test(String(said))))
      .toBe(true);
    expect(await peerOf()).toBe("second");
    before.write("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(String((await once(before, "data"))[0])).toMatch(/^HTTP\/1\.1 200/);
  });

  it("T7: show in the metrics when they end, and in the log when that is soon", async () => {
    const soon = ours.issue("soon", "DNS:localhost,IP:127.0.0.1", 13);
    await start("off", soon);
    const text = await (await fetch(`http://127.0.0.1:${host?.adminPort}/metrics`)).text();
    const [, at] = /^maskwire_certificate_expiry_seconds\{file="[^"]*soon\.crt"\} (\d+)$/m.exec(text) ?? [];
    expect(Math.round((Number(at) - Date.now() / 1000) / 86_400)).toBe(13);
    expect(logger.lines).toContainEqual(expect.objectContaining({ level: 40, file: soon.cert, days: 12 }));
  });
});

function readText(path: string): string {
  return readFileSync(path, "utf8");
}
