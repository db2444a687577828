import { isIP } from "node:net";
import { hostOf } from "../../services/runtime/http/host-of.js";

/** Hosts as settings list them: names, addresses, `*.example.org` for what is below it, `*` for any. */
export class HostNames {
  readonly #named = new Set<string>();
  readonly #suffixes: string[] = [];
  readonly #isAny: boolean;

  constructor(hosts: readonly string[]) {
    this.#isAny = hosts.includes("*");
    for (const host of hosts) {
      if (host.startsWith("*.")) this.#suffixes.push(`.${normalHost(host.slice(2))}`);
      else if (host !== "*") this.#named.add(normalHost(host));
    }
  }

  get isEmpty(): boolean {
    return !this.#isAny && this.#named.size === 0 && this.#suffixes.length === 0;
  }

  /** How a host is among them; an address is below no name. @param host as `normalHost` has it. */
  find(host: string): "named" | "below" | "any" | undefined {
    if (this.#named.has(host)) return "named";
    if (isIP(host) === 0 && this.#suffixes.some((suffix) => host.endsWith(suffix))) return "below";
    return this.#isAny ? "any" : undefined;
  }
}

/** One form of a host without a port, however it is written. */
export const normalHost = (host: string): string => hostOf(isIP(host) === 6 ? `[${host}]` : host) ?? host;
