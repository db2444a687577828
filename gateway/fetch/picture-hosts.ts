import { isIP } from "node:net";
import { HostNames, normalHost } from "./host-names.js";
import { isPublicAddress } from "./public-address.js";

/** How a host came to be allowed: named itself, or as one of many. */
type Grant = "named" | "matched";

/** The hosts that pictures may be fetched from: names, addresses, `*.example.org` for what is below it, `*` for any. */
export class PictureHosts {
  readonly #hosts: HostNames;

  constructor(hosts: readonly string[]) {
    this.#hosts = new HostNames(hosts);
  }

  get isEmpty(): boolean {
    return this.#hosts.isEmpty;
  }

  /** @param host as `URL.hostname` has it. */
  grant(host: string): Grant | undefined {
    const name = normalHost(host);
    const found = this.#hosts.find(name);
    if (found === "named" || found === undefined) return found;
    // A private address is refused before it is asked.
    return isIP(name) === 0 || isPublicAddress(name) ? "matched" : undefined;
  }
}
