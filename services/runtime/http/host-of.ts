import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * The host that a `Host` header names, as browsers write it: lower case, Punycode, addresses in one form; IPv6 without brackets,
 * no port, no dot at the end. Undefined for what names none.
 */
export function hostOf(authority: string): string | undefined {
  const url = `http://${authority}`;
  // What would be read as another part of an address.
  if (/[\s/?#@\\]/.test(authority) || !URL.canParse(url)) return undefined;
  return new URL(url).hostname.replace(/^\[|\]$|\.$/g, "");
}

/**
 * Whether a browser that names this host has been told by nobody's DNS where it is: a page that turns a name of its own to our
 * address has that name in `Host`. @param host as `hostOf` has it.
 */
export function isAddressOrLocalhost(host: string): boolean {
  return isIP(host) !== 0 || host === "localhost" || host.endsWith(".localhost");
}

/** Whether nobody but this machine reaches what listens there. @param host a name or an address, as settings have it. */
export function isLoopback(host: string): boolean {
  return isIP(host) === 0 ? host === "localhost" : ipaddr.process(host).range() === "loopback";
}
