import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Addresses and CIDR ranges of the proxies whose word about who asks is taken. */
export class TrustedProxies {
  readonly #ranges: [Address, number][];

  /** @param ranges in the form that `isAddressOrRange` takes. */
  constructor(ranges: readonly string[]) {
    this.#ranges = ranges.map((range) => rangeOf(range));
  }

  has(address: string): boolean {
    const parsed = parse(address);
    return (
      parsed !== undefined &&
      this.#ranges.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network as never, bits))
    );
  }

  /**
   * The address that asks: of those that `X-Forwarded-For` and the connection name, the last that is no trusted proxy's. What
   * stands before it anybody may have written. With trusted ones alone, the first of them.
   * @param peer the other end of the connection. @param forwardedFor the header, its lines joined by commas.
   */
  clientOf(peer: string, forwardedFor: string): string {
    let client = peer;
    for (const hop of forwardedFor.split(",").reverse()) {
      if (!this.has(client)) return client;
      const address = withoutPort(hop.trim());
      // A proxy that writes anything else is the last that is known.
      if (!parse(address)) return client;
      client = address;
    }
    return client;
  }
}

function rangeOf(range: string): [Address, number] {
  if (!range.includes("/")) {
    const address = ipaddr.process(range);
    return [address, address.kind() === "ipv4" ? 32 : 128];
  }
  return ipaddr.parseCIDR(range);
}

function parse(address: string): Address | undefined {
  const [bare = ""] = address.split("%");
  // `isValid` alone takes 7 for 0.0.0.7.
  const isAddress = bare.includes(":") ? ipaddr.isValid(bare) : ipaddr.IPv4.isValidFourPartDecimal(bare);
  return isAddress ? ipaddr.process(bare) : undefined;
}

/** Some proxies add the port: `203.0.113.7:4711`, `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  return hop.replace(/^\[([^\]]+)\](?::\d+)?$/, "$1").replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
}
