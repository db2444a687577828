import { hostOf, isAddressOrLocalhost } from "../../services/runtime/http/host-of.js";
import { HostNames } from "../fetch/host-names.js";

/** The names by which a gateway is asked (W1). */
export class PublicHosts {
  readonly #names: HostNames;

  /** @param listed names, `*.example.org` or `*`. @param listensAt where the gateway listens: a name there is one of its own. */
  constructor(listed: readonly string[], listensAt: string) {
    this.#names = new HostNames([...listed, listensAt]);
  }

  /** @param authority as `Host` has it, with a port or without. */
  has(authority: string): boolean {
    const host = hostOf(authority);
    return host !== undefined && (isAddressOrLocalhost(host) || this.#names.find(host) !== undefined);
  }
}
