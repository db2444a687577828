import ipaddr from "ipaddr.js";

/** Where IPv6 has given out global unicast addresses so far; the registry of special ones is for the rest. */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");
/** Looks public, and is the inside of Azure: what a machine there learns of itself. */
const insides = new Set(["168.63.129.16"]);

/**
 * Whether an IP address is on the public network: not loopback, private, link-local, shared, multicast, reserved or
 * unspecified, and no form of IPv6 that carries an IPv4 address of these in it.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== "unicast" || insides.has(parsed.toString())) return false;
  return parsed.kind() === "ipv4" || parsed.match(globalUnicast);
}
