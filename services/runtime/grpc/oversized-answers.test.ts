import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Code } from "../errors.js";
import { Echo } from "../testing/echo-service.js";
import { flags, frame, frameTypes, headerBlock, preface, settings } from "../testing/http2-frames.js";
import { RpcClient } from "./client.js";
import { PeerLostError } from "./status.js";

/** The most that a frame carries unless a peer allows more (RFC 9113, section 4.2). */
const frameBytes = 16_384;
/** `:status` 200 of HPACK's static table, and what gRPC begins an answer with. */
const begun = Buffer.concat([Buffer.from([0x88]), headerBlock({ "content-type": "application/grpc+proto" })]);

/** Another server than ours: it repeats what is said to it, and says of some calls too much about what is wrong with them. */
class Talker {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #status: Record<string, string>;
  connections = 0;

  constructor(status: Record<string, string>) {
    this.#status = status;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as { port: number }).port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on("error", () => {}).on("close", () => this.#sockets.delete(socket));
    socket.write(settings());
    let left = Buffer.alloc(0);
    let isBegun = false;
    socket.on("data", (piece) => {
      left = Buffer.concat([left, piece]);
      if (!isBegun && left.length >= preface.length) {
        isBegun = true;
        left = left.subarray(preface.length);
      }
      while (isBegun && left.length >= 9 && left.length >= 9 + left.readUIntBE(0, 3)) {
        const end = 9 + left.readUIntBE(0, 3);
        this.#take(socket, left.subarray(0, end));
        left = left.subarray(end);
      }
    });
  }

  #take(socket: Socket, taken: Buffer): void {
    const [type, flag, stream, payload] = [taken[3], taken[4], taken.readUInt32BE(5), taken.subarray(9)];
    if (type === frameTypes.settings && flag === 0) socket.write(frame(frameTypes.settings, 1, 0));
    if (type !== frameTypes.data || payload.length === 0) return;
    socket.write(frame(frameTypes.headers, flags.endHeaders, stream, begun));
    const said = payload.toString("latin1", 5);
    // Under way for as long as the connection is there.
    if (said.includes("wait")) return;
    if (said.includes("too much")) socket.write(Buffer.concat(trailers(stream, this.#status)));
    else
      socket.write(
        Buffer.concat([frame(frameTypes.data, 0, stream, payload), ...trailers(stream, { "grpc-status": "0" })]),
      );
  }
}

function trailers(stream: number, fields: Record<string, string>): Buffer[] {
  const block = headerBlock(fields);
  const parts = Array.from({ length: Math.ceil(block.length / frameBytes) }, (_, index) =>
    block.subarray(index * frameBytes, (index + 1) * frameBytes),
  );
  return parts.map((part, index) => {
    const isLast = index === parts.length - 1;
    const end = (isLast ? flags.endHeaders : 0) | (index === 0 ? flags.endStream : 0);
    return frame(index === 0 ? frameTypes.headers : frameTypes.continuation, end, stream, part);
  });
}

const tooMuch: [string, Record<string, string>][] = [
  ["a sentence of 70 kB", { "grpc-status": "3", "grpc-message": "x".repeat(70_000) }],
  ["a sentence of a megabyte", { "grpc-status": "3", "grpc-message": "x".repeat(1_000_000) }],
  [
    "a megabyte in a thousand fields",
    { "grpc-status": "3", ...Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`x-${i}`, "y".repeat(1000)])) },
  ],
];

/** Only what is wrong with the answer ends a connection: nobody asks whether the peer is there. */
const patient = { "grpc.keepalive_time_ms": 2 ** 31 - 1 };

describe.each(tooMuch)("N7: a server that ends a call with %s", (_name, status) => {
  let server: Talker;
  let client: RpcClient;

  beforeEach(async () => {
    server = new Talker(status);
    client = new RpcClient(`127.0.0.1:${await server.listen()}`, patient);
  });
  afterEach(() => {
    client.close();
    server.close();
  });

  it("holds no other call up: those under way can be tried elsewhere, and the next is answered", async () => {
    const say = (value: string) => client.unary(Echo.method.say, { value });
    expect(await say("first")).toMatchObject({ value: "first" });
    const waiting = expect(say("wait")).rejects.toSatisfy(
      (error) => error instanceof PeerLostError && error.wasUnderWay,
    );
    await expect(say("too much")).rejects.toMatchObject({
      code: expect.toBeOneOf([Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED]),
    });
    await waiting;
    // Newer Nodes tell a few turns later that the connection is no more; until then a call on it is lost with it.
    expect(await vi.waitFor(() => say("next"), { interval: 5 })).toMatchObject({ value: "next" });
    expect(server.connections).toBe(2);
  });
});
