import { once } from "node:events";
import type { Server as HttpServer } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import { readFirstBytes } from "./first-bytes.js";
import { endWhenDeaf } from "./grpc/end-when-deaf.js";
import type { TlsDoor } from "./tls/tls-door.js";

/** The first bytes of HTTP/2 with prior knowledge (RFC 9113, 3.4); no HTTP/1 method begins with all of them. */
const http2Preface = Buffer.from("PRI * HTTP/2.0");

interface OnePortOptions {
  /** Asked before anything of a connection is read. */
  admits?: (socket: Socket) => boolean;
  admitsHttp2?: (socket: Socket) => boolean;
  /** What every connection goes through first; left out, nothing is encrypted. */
  tls?: TlsDoor | undefined;
  /** See `endWhenDeaf`. */
  lookMs?: number;
}

/**
 * One listening socket for HTTP/1.1, WebSocket and gRPC: the first bytes of a connection tell which it speaks, and over TLS
 * what the two sides have agreed on (ALPN).
 */
export class OnePort {
  readonly #server = createServer({ noDelay: true });
  readonly #http: HttpServer;
  readonly #sockets = new Set<Socket>();
  readonly #http2 = new Set<Socket>();

  constructor(
    http: HttpServer,
    grpc: GrpcServer,
    { admits = () => true, admitsHttp2 = () => true, tls, lookMs }: OnePortOptions = {},
  ) {
    this.#http = http;
    const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
    const speak = (isHttp2: boolean, socket: Socket) => {
      if (!isHttp2) http.emit("connection", socket);
      else if (!admitsHttp2(socket)) socket.destroy();
      else {
        this.#http2.add(socket);
        socket.once("close", () => this.#http2.delete(socket));
        injector.injectConnection(socket);
        endWhenDeaf(socket, lookMs);
      }
    };
    this.#server.on("connection", (socket) => {
      if (!admits(socket)) {
        socket.destroy();
        return;
      }
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      ignoreErrors(socket);
      if (tls) tls.open(socket);
      else readFirstBytes(socket, beginsHttp2, (isHttp2) => speak(isHttp2, socket));
    });
    tls?.onOpened((socket) => {
      ignoreErrors(socket);
      if (socket.alpnProtocol === "h2") return speak(true, socket);
      const begun = () => true;
      readFirstBytes(socket, begun, () => speak(false, socket));
    });
  }

  /** @returns the port; with `port` 0 the one that was picked. */
  async listen(host: string, port: number): Promise<number> {
    this.#server.listen({ host, port });
    await once(this.#server, "listening");
    // The HTTP server does not listen itself; this is where it begins to keep its time limits for slow requests.
    this.#http.emit("listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /** Accepts nothing more; connections that are open stay. */
  stopListening(): void {
    this.#server.close();
  }

  /** Resolves when those that speak HTTP/2 have closed: of a server that shuts down, when their last answers have left. */
  async http2Closed(): Promise<void> {
    await Promise.all([...this.#http2].map((socket) => new Promise((closed) => socket.once("close", closed))));
  }

  destroyConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/**
 * For good: between two owners of the socket, and after a refused upgrade, nobody else listens, and a peer's reset would end
 * the process. The socket destroys itself.
 */
function ignoreErrors(socket: Socket): void {
  socket.on("error", () => {});
}

/** undefined while "P" may become "PRI * HTTP/2.0" as well as "POST". */
function beginsHttp2(seen: Buffer): boolean | undefined {
  const isPreface = seen.subarray(0, http2Preface.length).equals(http2Preface.subarray(0, seen.length));
  return isPreface && seen.length < http2Preface.length ? undefined : isPreface;
}
