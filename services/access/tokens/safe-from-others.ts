import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * Whether what comes from there is nobody else's: by https, or by http on this machine. What is signed by keys that came over a network
 * unencrypted is signed by anybody there.
 * @param url that can be parsed.
 */
export function isSafeFromOthers(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname.replace(/^\[|\]$/g, "")));
}

/** A name counts as what it is for: only "localhost" is this machine by its name. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 0) return host.toLowerCase() === "localhost";
  return ipaddr.process(host).range() === "loopback";
}
