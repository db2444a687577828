import { once } from "node:events";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import type { Random } from "../../simulation/random.js";
import type { Attack, Target } from "../attack.js";
import { inParallel, type Tally } from "../tally.js";
import { dialBare, preface } from "../wire/http2.js";
import { mutateBytes, pick, randomBytes } from "../wire/mutate-bytes.js";
import { head } from "../wire/raw-http.js";

/** Types of records (RFC 8446, section 5.1); a heartbeat is of RFC 6520. */
const recordType = { cipher: 20, alert: 21, handshake: 22, data: 23, heartbeat: 24 };
const lingerMs = 150;
const handshakeMs = 12_000;
/** So many stay open to the end, in the middle of what they began. */
const mostHeld = 300;

function record(type: number, body: Uint8Array, length = body.byteLength, version = 0x0303): Buffer {
  const start = Buffer.alloc(5);
  start[0] = type;
  start.writeUInt16BE(version, 1);
  start.writeUInt16BE(length, 3);
  return Buffer.concat([start, body]);
}

const many = (count: number, one: Uint8Array) => Buffer.concat(Array.from({ length: count }, () => one));

/** What a client says first. */
async function clientHello(options: ConnectionOptions): Promise<Buffer> {
  let said = (_hello: Buffer) => {};
  const hello = new Promise<Buffer>((resolve) => {
    said = resolve;
  });
  const wire = new Duplex({
    read: () => {},
    write: (piece: Buffer, _encoding, done) => {
      said(piece);
      done();
    },
  });
  const client = connectTls({ ...options, socket: wire });
  client.on("error", () => {});
  try {
    return await hello;
  } finally {
    client.destroy();
    wire.destroy();
  }
}

/** What is said in place of a handshake, or in the middle of one. */
function nonsense(hellos: readonly Buffer[], random: Random): Uint8Array {
  const hello = pick(random, hellos);
  return pick<() => Uint8Array>(random, [
    () => mutateBytes(hello, random, 4),
    () => hello.subarray(0, random.below(hello.length)),
    () => Buffer.concat([hello, randomBytes(random, 300)]),
    () => Buffer.concat([hello, hello]),
    () => Buffer.concat([hello, record(pick(random, Object.values(recordType)), randomBytes(random, 200))]),
    // In records of one byte each.
    () => Buffer.concat([...hello.subarray(5, 300)].map((byte) => record(recordType.handshake, Buffer.from([byte])))),
    () => record(recordType.handshake, randomBytes(random, 40), 0xffff),
    () => record(recordType.handshake, Buffer.from([1, 0xff, 0xff, 0xff, 3, 3])),
    () => many(2000, record(recordType.alert, Buffer.from([1, 0]))),
    () => many(2000, record(recordType.cipher, Buffer.from([1]))),
    () => many(2000, record(recordType.data, Buffer.alloc(0))),
    () => record(recordType.heartbeat, Buffer.from([1, 0xff, 0xff])),
    () => record(random.below(256), randomBytes(random, random.below(400)), undefined, random.below(0x10000)),
    // SSL 2, HTTP and HTTP/2 as they are.
    () => Buffer.from([0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10, ...randomBytes(random, 37)]),
    () => Buffer.from(head("GET", "/v1/models")),
    () => Buffer.from(head("POST", "/v1/images", { "content-length": 1e9 })),
    () => preface,
    () => randomBytes(random, 2000),
    () => Buffer.alloc(0),
  ])();
}

/** A handshake to its end. @returns undefined when there was none. */
async function secured(socket: Socket, options: ConnectionOptions): Promise<TLSSocket | undefined> {
  const client = connectTls({ ...options, socket, rejectUnauthorized: false });
  client.on("error", () => {});
  const over = once(client, "secureConnect").then(
    () => true,
    () => false,
  );
  const closed = once(socket, "close").then(() => false);
  const late = sleep(handshakeMs, false, { ref: false });
  return (await Promise.race([over, closed, late])) ? client : undefined;
}

/** What only who has got through can do. */
async function abuse(client: TLSSocket, bare: Socket, random: Random): Promise<void> {
  switch (random.below(4)) {
    case 0:
      // A record that nobody has signed.
      bare.write(record(recordType.data, randomBytes(random, 400)));
      break;
    case 1:
      client.write(Buffer.from(head("GET", "/v1/models")));
      bare.write(many(500, record(recordType.data, Buffer.alloc(20))));
      break;
    case 2:
      if (client.getProtocol() === "TLSv1.2") client.renegotiate({}, () => {});
      else client.end();
      break;
    default:
      // In TLS as without it: a request that stops in its middle.
      client.write(Buffer.from(head("POST", "/v1/segment", { "content-length": 500 }).slice(0, 30 + random.below(30))));
  }
  await sleep(lingerMs);
}

async function attempt(
  { gateway, from }: Target,
  hellos: readonly Buffer[],
  random: Random,
  tally: Tally,
): Promise<Socket> {
  const bare = dialBare(gateway, from);
  let isClosed = false;
  const closed = new Promise<void>((resolve) => bare.once("close", () => resolve()));
  void closed.then(() => {
    isClosed = true;
  });
  tally.try();
  if (random.below(3) === 0) {
    const version = pick(random, ["TLSv1.2", "TLSv1.3"] as const);
    const protocols = pick(random, [[], ["http/1.1"], ["h2"], ["h3"], ["h2", "http/1.1"]]);
    const client = await secured(bare, { maxVersion: version, ALPNProtocols: protocols });
    if (client) await abuse(client, bare, random);
  } else {
    bare.write(nonsense(hellos, random));
    bare.resume();
    if (random.below(8) === 0) bare.end();
    await Promise.race([closed, sleep(lingerMs)]);
  }
  if (isClosed) tally.refused();
  else tally.answered();
  return bare;
}

export const tlsHandshakes: Attack = {
  name: "tls-handshakes",
  title: "handshakes that are none, break off, never end or ask again, and records that nobody has signed",
  setting: "single",
  unit: "connections",
  count: 10_000,
  short: 200,
  isEncrypted: true,
  async run(target, random, tally) {
    const hellos = await Promise.all([
      clientHello({ maxVersion: "TLSv1.2" }),
      clientHello({ ALPNProtocols: ["h2"] }),
      clientHello({ servername: "x".repeat(200) }),
    ]);
    const held: Socket[] = [];
    tally.begin();
    await inParallel(12, tally, async () => {
      const socket = await attempt(target, hellos, random, tally);
      if (held.length < mostHeld && random.below(4) === 0) held.push(socket);
      else socket.destroy();
    });
    for (const socket of held) socket.destroy();
  },
};
