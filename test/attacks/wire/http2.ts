import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { checkRpcStatus } from "../answers.js";

/** A connection of the attacker's own, without anything around it. It swallows resets: they are answers too. */
export function dialBare(url: string, from: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), localAddress: from, noDelay: true });
  socket.on("error", () => {});
  return socket;
}

/** The same, inside TLS where the URL says so; an attacker asks for nobody's certificate. @param protocol that is offered there. */
export function dial(url: string, from: string, protocol: "http/1.1" | "h2" = "http/1.1"): Socket {
  const bare = dialBare(url, from);
  if (new URL(url).protocol !== "https:") return bare;
  const socket = connectTls({ socket: bare, rejectUnauthorized: false, ALPNProtocols: [protocol] });
  socket.on("error", () => {});
  return socket;
}

export function openHttp2(url: string, from: string): ClientHttp2Session {
  const session = connectHttp2(url, { createConnection: () => dial(url, from, "h2") });
  session.on("error", () => {});
  return session;
}

/** A message as gRPC frames it: not compressed, its length, its bytes. */
export function grpcFrame(message: Uint8Array, flag = 0, length = message.byteLength): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(length >>> 0, 1);
  return Buffer.concat([head, message]);
}

interface RpcEnd {
  /** -1: the stream or the connection was reset. */
  code: number;
  message: string;
  bytes: number;
}

interface CallOptions {
  headers?: Record<string, string>;
  timeoutMs?: number;
  /** The sending side stays open. */
  stays?: boolean;
}

/** One call with these bytes as its body, until its status. */
export function call(
  session: ClientHttp2Session,
  path: string,
  body: Uint8Array | readonly Uint8Array[],
  { headers = {}, timeoutMs = 10_000, stays = false }: CallOptions = {},
): Promise<RpcEnd> {
  return new Promise((resolve) => {
    let bytes = 0;
    let code = -1;
    let message = "";
    if (session.destroyed || session.closed) return resolve({ code, message: "no connection", bytes });
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    const read = (from: Record<string, unknown>) => {
      if (from["grpc-status"] === undefined) return;
      code = Number(from["grpc-status"]);
      message = decodeURIComponent(String(from["grpc-message"] ?? ""));
      // The call is over with its status, whatever of it has not been sent: as every client of gRPC does.
      if (!stays) stream.close();
    };
    stream.on("response", read);
    stream.on("trailers", read);
    stream.on("data", (piece: Buffer) => {
      bytes += piece.byteLength;
    });
    stream.on("error", () => {});
    const timer = setTimeout(() => {
      if (code === -1) message = "no answer in time";
      stream.close(8);
    }, timeoutMs);
    stream.once("close", () => {
      clearTimeout(timer);
      resolve({ code, message, bytes });
    });
    for (const part of body instanceof Uint8Array ? [body] : body) stream.write(part);
    if (!stays) stream.end();
  });
}

export const isAtTheDoor = ({ code }: RpcEnd) => code === -1 || code === 8 || code === 14;

export function checkEnd({ code, message }: RpcEnd): string | undefined {
  return code === -1 ? undefined : checkRpcStatus(code, message);
}

/** A frame of HTTP/2 (RFC 9113, section 4.1). */
export function http2Frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array,
  length = payload.byteLength,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, payload]);
}

export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
};
export const endStream = 1;
export const endHeaders = 4;

/** HPACK literals without indexing (RFC 7541, section 6.2.2); names and values shorter than 127 bytes. */
export function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value, "latin1")]);
  return Buffer.concat(
    Object.entries(headers).map(([name, value]) => Buffer.concat([Buffer.from([0]), text(name), text(value)])),
  );
}

export const grpcHeaders = (path: string) => ({
  ":method": "POST",
  ":scheme": "http",
  ":path": path,
  ":authority": "localhost",
  "content-type": "application/grpc",
  te: "trailers",
});

/** Writes the pieces, waits for the end of the connection or some time, and leaves. @returns whether the peer had closed. */
export async function rawConnection(
  url: string,
  from: string,
  pieces: Iterable<Uint8Array>,
  { lingerMs = 100, stay = false }: { lingerMs?: number; stay?: boolean } = {},
): Promise<boolean> {
  const socket = dial(url, from, "h2");
  let isClosed = false;
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      isClosed = true;
      resolve();
    });
  });
  socket.resume();
  for (const piece of pieces) if (!socket.destroyed) socket.write(piece);
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    closed,
    new Promise((resolve) => {
      timer = setTimeout(resolve, lingerMs);
    }),
  ]);
  clearTimeout(timer);
  const result = isClosed;
  if (!stay) socket.destroy();
  return result;
}
