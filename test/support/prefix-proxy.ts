import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A proxy that serves another server below a path, which that server does not learn of. */
export class PrefixProxy implements AsyncDisposable {
  /** Where the other server's `/` is. */
  readonly url: string;
  /** Paths that were asked for outside it. */
  readonly strays: string[] = [];
  readonly #server: Server;
  /** Those that are being upgraded among them, which the server itself does not know any more. */
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, prefix: string, target: URL) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}/`;
    const inside = ({ url = "" }: IncomingMessage) => {
      if (url.startsWith(`${prefix}/`)) return url.slice(prefix.length);
      this.strays.push(url);
      return undefined;
    };
    const ask = (asked: IncomingMessage, path: string) =>
      request({ host: target.hostname, port: target.port, path, method: asked.method, headers: asked.headers });
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    server.on("request", (near: IncomingMessage, response) => {
      const path = inside(near);
      if (path === undefined) {
        response.writeHead(404).end();
        return;
      }
      const far = ask(near, path);
      far.on("response", (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      far.on("error", () => response.destroy());
      response.on("close", () => far.destroy());
      near.pipe(far);
    });
    server.on("upgrade", (near: IncomingMessage, socket: Socket) => {
      const path = inside(near);
      if (path === undefined) {
        socket.destroy();
        return;
      }
      const far = ask(near, path);
      far.on("upgrade", ({ rawHeaders }, tunnel, head) => {
        const lines = Array.from({ length: rawHeaders.length / 2 }, (_, i) => rawHeaders.slice(2 * i, 2 * i + 2));
        const fields = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`);
        socket.write(head);
        this.#join(socket, tunnel as Socket);
      });
      far.on("response", () => socket.destroy());
      far.on("error", () => socket.destroy());
      socket.on("error", () => {});
      socket.on("close", () => far.destroy());
      far.end();
    });
  }

  /** @param prefix such as "/maskwire". */
  static async before(url: string, prefix: string): Promise<PrefixProxy> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new PrefixProxy(server, prefix, new URL(url));
  }

  #join(near: Socket, far: Socket): void {
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => {});
      one.on("close", () => other.destroy());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    const closed = once(this.#server, "close");
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
