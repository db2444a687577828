import { isIP } from "node:net";
import { isPublicAddress } from "./public-address.js";

/** How a host came to be allowed: named itself, or as one of many. */
type Grant = "named" | "matched";

/** The hosts that pictures may be fetched from: names, addresses, `*.example.org` for what is below it, `*` for any. */
export class PictureHosts {
  readonly #named = new Set<string>();
  readonly #suffixes: string[] = [];
  readonly #isAny: boolean;

  constructor(hosts: readonly string[]) {
    this.#isAny = hosts.includes("*");
    for (const host of hosts) {
      if (host.startsWith("*.")) this.#suffixes.push(`.${normal(host.slice(2))}`);
      else if (host !== "*") this.#named.add(normal(host));
    }
  }

  get isEmpty(): boolean {
    return !this.#isAny && this.#named.size === 0 && this.#suffixes.length === 0;
  }

  /** @param host as `URL.hostname` has it. */
  grant(host: string): Grant | undefined {
    const name = normal(host);
    if (this.#named.has(name)) return "named";
    // An address is below no name, and a private one is refused before it is asked.
    if (isIP(name) !== 0) return this.#isAny && isPublicAddress(name) ? "matched" : undefined;
    return this.#isAny || this.#suffixes.some((suffix) => name.endsWith(suffix)) ? "matched" : undefined;
  }
}

/** As browsers write a host: lower case, Punycode, addresses in one form; IPv6 without brackets, no dot at the end. */
function normal(host: string): string {
  const bracketed = isIP(host) === 6 ? `[${host}]` : host;
  const url = `http://${bracketed}`;
  return (URL.canParse(url) ? new URL(url).hostname : host).replace(/^\[|\]$|\.$/g, "");
}
