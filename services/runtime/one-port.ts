import { once } from "node:events";
import type { Server as HttpServer } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";

/** The first bytes of HTTP/2 with prior knowledge (RFC 9113, 3.4); no HTTP/1 method begins with them. */
const http2Preface = Buffer.from("PRI * HTTP/2.0");
/** A peer that connects and says nothing holds a socket no longer than this. */
const firstByteMs = 30_000;

/** One listening socket for HTTP/1.1, WebSocket and gRPC: the first bytes of a connection tell which it speaks. */
export class OnePort {
  readonly #server = createServer({ noDelay: true });
  readonly #sockets = new Set<Socket>();

  constructor(http: HttpServer, grpc: GrpcServer) {
    const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      const drop = () => socket.destroy();
      socket.once("error", drop);
      socket.setTimeout(firstByteMs, drop);
      socket.once("readable", () => {
        socket.off("error", drop);
        socket.setTimeout(0);
        socket.removeAllListeners("timeout");
        const first: Buffer | null = socket.read();
        if (!first) {
          socket.destroy();
          return;
        }
        socket.unshift(first);
        const length = Math.min(first.length, http2Preface.length);
        const isHttp2 = first.subarray(0, length).equals(http2Preface.subarray(0, length));
        if (isHttp2) injector.injectConnection(socket);
        else http.emit("connection", socket);
      });
    });
  }

  /** @returns the port; with `port` 0 the one that was picked. */
  async listen(host: string, port: number): Promise<number> {
    this.#server.listen({ host, port });
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /** Accepts nothing more; connections that are open stay. */
  stopListening(): void {
    this.#server.close();
  }

  destroyConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
