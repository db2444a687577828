import { once } from "node:events";
import type { Server as HttpServer, IncomingMessage } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/**
 * Ports each of which is one path of an HTTP server: what CVAT calls directly it knows by its port alone. Connections are handed to the server, whose limits
 * and rules hold for them.
 */
export class DirectPorts {
  readonly #paths = new Map<string, Server>();
  readonly #came = new WeakSet<Socket>();

  /** @param paths of each port; connections to it ask for nothing else. */
  constructor(http: HttpServer, paths: readonly string[]) {
    const pathOf = new WeakMap<Socket, string>();
    // Before the server looks at the request.
    http.prependListener("request", (request: IncomingMessage) => {
      request.url = pathOf.get(request.socket) ?? request.url ?? "";
    });
    for (const path of paths) {
      const server = createServer({ noDelay: true }, (socket) => {
        socket.on("error", () => {});
        pathOf.set(socket, path);
        this.#came.add(socket);
        http.emit("connection", socket);
      });
      this.#paths.set(path, server);
    }
  }

  /** @param ports in the order of the paths; 0 picks a free one. @throws Error when one is taken. */
  async listen(host: string, ports: readonly number[]): Promise<void> {
    for (const [at, server] of [...this.#paths.values()].entries()) {
      server.listen({ host, port: ports[at] ?? 0 });
      await once(server, "listening");
    }
  }

  /** The port that leads to a path; undefined for none, or before it listens. */
  portOf(path: string): number | undefined {
    return (this.#paths.get(path)?.address() as AddressInfo | null | undefined)?.port;
  }

  /** Whether a request came to one of them. */
  has({ socket }: Pick<IncomingMessage, "socket">): boolean {
    return this.#came.has(socket);
  }

  /** Accepts nothing more; the server ends what is open with its own connections. */
  close(): void {
    for (const server of this.#paths.values()) server.close();
  }
}
