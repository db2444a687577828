import type { Gateway } from "./http/gateway.js";
import { protocolsWith, SignInNeeded, type Terms, termsNow, ticketFrom } from "./http/tickets.js";
import { openSocket } from "./session/open-socket.js";
import type { SocketPort } from "./session/socket.js";

/** A WebSocket's constructor: the platform's own, or that of the package `ws`. */
export type WebSocketConstructor = new (
  url: string,
  protocols: string[],
) => SocketPort & { addEventListener(type: "error", listener: () => void): void };

interface Options {
  readonly url: string | URL;
  readonly key: () => string | undefined;
  /** The platform's own when left out. */
  readonly WebSocket?: WebSocketConstructor | undefined;
}

/** A gateway by its address, in the name of whoever has a key. */
export class GatewayAt implements Gateway {
  readonly #base: URL;
  readonly #key: () => string | undefined;
  readonly #WebSocket: WebSocketConstructor | undefined;
  #terms: Terms | undefined;

  /** @throws TypeError for what is no address. */
  constructor({ url, key, WebSocket }: Options) {
    if (!/^https?:/i.test(String(url))) {
      throw new TypeError(`${url} is no address of a gateway: it begins with http:// or https://.`);
    }
    this.#base = new URL(url);
    // A gateway below a path is one whose address ends with a slash.
    if (!this.#base.pathname.endsWith("/")) this.#base.pathname += "/";
    this.#key = key;
    this.#WebSocket = WebSocket;
  }

  at(path: string): string {
    return new URL(path, this.#base).href;
  }

  headers(): Record<string, string> {
    const key = this.#key();
    return key === undefined ? {} : { authorization: `Bearer ${key}` };
  }

  /** @throws TypeError where the platform has none and none was given. */
  requireWebSocket(): WebSocketConstructor {
    const { WebSocket } = globalThis as { WebSocket?: WebSocketConstructor };
    const found = this.#WebSocket ?? WebSocket;
    if (found) return found;
    throw new TypeError("This platform has no WebSocket. Pass that of the package ws: { gateway, WebSocket }.");
  }

  openSocket(): SocketPort {
    const WebSocket = this.requireWebSocket();
    return openSocket({
      protocols: () => this.#protocols(),
      doubt: () => {
        this.#terms = undefined;
      },
      open: (protocols) => {
        const socket = new WebSocket(this.at("v1/ws").replace(/^http/, "ws"), protocols);
        // Its close tells all; an error of the package `ws` that nobody hears ends the process.
        socket.addEventListener("error", () => {});
        return socket;
      },
    });
  }

  async #protocols(): Promise<string[]> {
    this.#terms ??= await termsNow(this);
    if (!this.#terms.required) return protocolsWith(undefined);
    const ticket = this.#key() === undefined ? undefined : await ticketFrom(this);
    if (ticket === undefined) throw new SignInNeeded();
    return protocolsWith(ticket);
  }
}
