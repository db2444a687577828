import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, Socket } from "node:net";
import { findProgram } from "../support/programs.js";

/** A way from the gateways to one process, which can be cut as a network is: nothing arrives, nothing is refused. */
export interface Link extends AsyncDisposable {
  readonly kind: "network namespace" | "TCP proxy";
  /** The address that the process listens on. */
  readonly host: string;
  /** Words that go before the process's command line. */
  readonly launcher: readonly string[];
  /** The address at which the process reaches this machine's other servers. */
  readonly outside: string;
  /** host:port for the gateways. @param port on which the process listens. */
  reach(port: number): Promise<string>;
  cut(): void;
  mend(): void;
}

/** Namespaces of the kernel where they are ours to make, a proxy elsewhere. */
export function openLink(): Link {
  const canDivide = process.getuid?.() === 0 && findProgram("ip") !== undefined;
  return (canDivide ? NamespaceLink.tryOpen() : undefined) ?? new ProxyLink();
}

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr.trim()}`);
}

/** An address that answers no frame. */
const nobody = "02:00:00:00:00:01";

/**
 * A namespace with two cables: one to the gateways, which can be cut, one for everything else. Cutting gives each end of
 * the first a wrong hardware address for the other: frames leave and nobody takes them.
 */
class NamespaceLink implements Link {
  readonly kind = "network namespace";
  readonly host: string;
  readonly outside: string;
  readonly launcher: readonly string[];
  readonly #name: string;
  readonly #here: string;
  readonly #cable: string;

  private constructor() {
    this.#name = `maskwire-${process.pid}`;
    this.#cable = `mw${process.pid}a`;
    const second = `mw${process.pid}b`;
    // Addresses set aside for tests of networks (RFC 2544).
    const net = `198.18.${process.pid % 256}`;
    this.#here = `${net}.1`;
    this.host = `${net}.2`;
    this.outside = `${net}.5`;
    this.launcher = ["ip", "netns", "exec", this.#name];
    ip("netns", "add", this.#name);
    this.#lay(this.#cable, this.#here, this.host);
    this.#lay(second, this.outside, `${net}.6`);
    ip("-n", this.#name, "link", "set", "lo", "up");
  }

  /** @returns undefined where the kernel or a container forbids it. */
  static tryOpen(): NamespaceLink | undefined {
    try {
      return new NamespaceLink();
    } catch {
      spawnSync("ip", ["netns", "del", `maskwire-${process.pid}`]);
      return undefined;
    }
  }

  reach(port: number): Promise<string> {
    return Promise.resolve(`${this.host}:${port}`);
  }

  cut(): void {
    ip("neigh", "replace", this.host, "lladdr", nobody, "nud", "permanent", "dev", this.#cable);
    ip("-n", this.#name, "neigh", "replace", this.#here, "lladdr", nobody, "nud", "permanent", "dev", this.#far);
  }

  mend(): void {
    ip("neigh", "del", this.host, "dev", this.#cable);
    ip("-n", this.#name, "neigh", "del", this.#here, "dev", this.#far);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Its cables go with it.
    ip("netns", "del", this.#name);
  }

  get #far(): string {
    return `${this.#cable}1`;
  }

  #lay(name: string, here: string, there: string): void {
    ip("link", "add", name, "type", "veth", "peer", "name", `${name}1`, "netns", this.#name);
    ip("addr", "add", `${here}/30`, "dev", name);
    ip("link", "set", name, "up");
    ip("-n", this.#name, "addr", "add", `${there}/30`, "dev", `${name}1`);
    ip("-n", this.#name, "link", "set", `${name}1`, "up");
  }
}

/** Passes bytes on between two sockets, or keeps them from both. */
class ProxyLink implements Link {
  readonly kind = "TCP proxy";
  readonly host = "127.0.0.1";
  readonly outside = "127.0.0.1";
  readonly launcher = [];
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #isCut = false;

  async reach(port: number): Promise<string> {
    const server = createServer({ pauseOnConnect: true }, (near) => this.#join(near, port)).listen(0, "127.0.0.1");
    this.#server = server;
    await once(server, "listening");
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  mend(): void {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
  }

  #join(near: Socket, port: number): void {
    const far = new Socket();
    far.connect(port, "127.0.0.1");
    this.#pass(near, far);
    this.#pass(far, near);
    for (const socket of [near, far]) {
      if (this.#isCut) socket.pause();
      else socket.resume();
    }
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on("data", (piece) => to.write(piece));
    from.on("error", () => {});
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
