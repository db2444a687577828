import type { IncomingMessage } from "node:http";
import { type Caller, callerAt, networkOf } from "../../services/runtime/callers/caller.js";
import type { Logger } from "../../services/runtime/logger.js";
import { TrustedProxies } from "./forwarded-for.js";

interface CallersOptions {
  /** Addresses and CIDR ranges of the proxies before this gateway. */
  trustedProxies: readonly string[];
  logger: Pick<Logger, "warn">;
}

/** Tells who asks, of an HTTP request as of a WebSocket's upgrade. */
export class Callers {
  readonly #proxies: TrustedProxies;
  readonly #logger: Pick<Logger, "warn">;
  #hasWarned = false;

  constructor({ trustedProxies, logger }: CallersOptions) {
    this.#proxies = new TrustedProxies(trustedProxies);
    this.#logger = logger;
  }

  of(request: Pick<IncomingMessage, "socket" | "headers">): Caller {
    return callerAt(this.#addressOf(request));
  }

  /** The network that asks, for an auditor. */
  networkOf(request: Pick<IncomingMessage, "socket" | "headers">): string {
    return networkOf(this.#addressOf(request));
  }

  #addressOf({ socket, headers }: Pick<IncomingMessage, "socket" | "headers">): string {
    const peer = socket.remoteAddress ?? "";
    const header = headers["x-forwarded-for"];
    const forwardedFor = Array.isArray(header) ? header.join(",") : header;
    if (forwardedFor === undefined) return peer;
    if (!this.#proxies.has(peer)) this.#warn(peer);
    return this.#proxies.clientOf(peer, forwardedFor);
  }

  /** Everybody behind a proxy that is not known for one shares what is meant for one. */
  #warn(peer: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#logger.warn(
      { peer },
      `requests come with X-Forwarded-For from ${peer}: if that is your proxy, set MASKWIRE_TRUSTED_PROXIES to its address or ` +
        "range, or all who come through it count as one caller",
    );
  }
}
