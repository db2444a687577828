import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

interface SlowLinkOptions {
  /** host:port behind the link. */
  readonly target: string;
  /** How long each piece takes, each way, in milliseconds. */
  readonly delayMs: number;
  /** The chance of each piece to take the connection down with it, 0 to 1. */
  readonly dropShare?: number;
  /** Repeats the same misfortunes; any whole number. */
  readonly seed?: number;
  /** Where it listens: a free port unless it takes the place of one that is gone. */
  readonly port?: number;
}

/** A bad network between a client and a server: what is sent arrives late, and connections break in the middle of it. */
export class SlowLink implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections that broke. */
  drops = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open({ target, delayMs, dropShare = 0, seed = 1, port: at = 0 }: SlowLinkOptions): Promise<SlowLink> {
    const [host, port] = target.split(":");
    let state = seed;
    const drops = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32 < dropShare;
    };
    const server = createServer((near) => {
      const far = connect({ host: host ?? "127.0.0.1", port: Number(port) });
      link.#sockets.add(near).add(far);
      const end = () => {
        near.destroy();
        far.destroy();
        link.#sockets.delete(near);
        link.#sockets.delete(far);
      };
      const carry = (from: Socket, to: Socket) => {
        from.setNoDelay(true);
        from.on("data", (piece: Buffer) => {
          if (drops()) {
            link.drops++;
            end();
            return;
          }
          setTimeout(() => to.writable && to.write(piece), delayMs);
        });
        from.on("end", () => setTimeout(() => to.end(), delayMs));
        from.on("error", end);
        from.on("close", () => setTimeout(end, delayMs));
      };
      carry(near, far);
      carry(far, near);
    });
    const link = new SlowLink(server);
    server.listen(at, "127.0.0.1");
    await once(server, "listening");
    return link;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
