import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** IPv4, IN. */
const typeA = 1;
const classIn = 1;

/** A DNS server on the loopback that knows the addresses of some names, as a cluster's or a container engine's does. */
export class DnsServer implements AsyncDisposable {
  readonly #socket: Socket;
  /** IPv4 addresses by name. */
  readonly names: Map<string, readonly string[]>;

  private constructor(socket: Socket, names: Map<string, readonly string[]>) {
    this.#socket = socket;
    this.names = names;
    socket.on("message", (query, { address, port }) => {
      const reply = this.#answer(query);
      if (reply) socket.send(reply, port, address);
    });
  }

  static async start(names: Record<string, readonly string[]>): Promise<DnsServer> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new DnsServer(socket, new Map(Object.entries(names)));
  }

  /** host:port */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, "close");
  }

  /** RFC 1035, section 4.1: the header, the question as it came, and one record an address. */
  #answer(query: Buffer): Buffer | undefined {
    const question = readQuestion(query);
    if (!question) return undefined;
    const found = this.names.get(question.name.toLowerCase());
    const addresses = question.type === typeA ? (found ?? []) : [];
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    // An answer, with recursion as asked; 3 is a name that does not exist.
    header.writeUInt16BE(0x8180 | (found ? 0 : 3), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(addresses.length, 6);
    const records = addresses.map((address) => {
      const record = Buffer.alloc(16);
      // The name is the question's, 12 bytes into the message.
      record.writeUInt16BE(0xc00c, 0);
      record.writeUInt16BE(typeA, 2);
      record.writeUInt16BE(classIn, 4);
      // A lifetime of a second.
      record.writeUInt32BE(1, 6);
      record.writeUInt16BE(4, 10);
      for (const [index, byte] of address.split(".").entries()) record[12 + index] = Number(byte);
      return record;
    });
    return Buffer.concat([header, query.subarray(12, question.end), ...records]);
  }
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } | undefined {
  const labels: string[] = [];
  let at = 12;
  for (;;) {
    const length = query[at];
    if (length === undefined || at + 1 + length > query.length) return undefined;
    at++;
    if (length === 0) break;
    labels.push(query.toString("latin1", at, at + length));
    at += length;
  }
  return at + 4 <= query.length ? { name: labels.join("."), type: query.readUInt16BE(at), end: at + 4 } : undefined;
}
