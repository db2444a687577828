import { createHash } from "node:crypto";
import ipaddr from "ipaddr.js";
import type { Principal } from "./principal.js";

/** Who asks: whose share of the service a piece of work counts against. */
export interface Caller {
  /** The same for all that one caller asks, at every gateway. Opaque: logs and other tiers need not know addresses. */
  readonly key: string;
  /** Whose pictures it sees; undefined where nobody is asked who they are. */
  readonly tenant?: string | undefined;
}

/** A site's customers mostly have a network of this many bits to themselves, and may take any address of it. */
const ipv6NetworkBits = 64;

/** Without an address, as in a test or behind a socket that has none: all of these are one. */
const nowhere = "nowhere";

/** The caller at an IP address: an IPv4 address, or the /64 of an IPv6 one; what is no address counts by its text. */
export function callerAt(address: string | undefined): Caller {
  return { key: opaque(networkOf(address)) };
}

/** A principal is one caller wherever it calls from; where nobody is asked, who asks is told by the address. */
export function asCaller({ id, tenant }: Principal, at: Caller): Caller {
  return tenant === undefined ? at : { key: opaque(`principal ${tenant} ${id}`), tenant };
}

/** `a.b.c.d`, or `x:x:x:x::/64`. */
export function networkOf(address: string | undefined): string {
  if (!address) return nowhere;
  // The zone names a link of this machine, and is no part of who asks.
  const [bare = ""] = address.split("%");
  if (!ipaddr.isValid(bare)) return address;
  const parsed = ipaddr.process(bare);
  if (parsed.kind() === "ipv4") return parsed.toString();
  const network = ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${ipv6NetworkBits}`);
  return `${network.toString()}/${ipv6NetworkBits}`;
}

/** gRPC metadata by which a gateway tells the other tiers who asks. */
export const callerHeader = "maskwire-caller";

const keyForm = /^[\w-]{16}$/;
export const isCallerKey = (value: unknown): value is string => typeof value === "string" && keyForm.test(value);

const opaque = (name: string) =>
  createHash("sha256").update(`maskwire caller ${name}`).digest("base64url").slice(0, 16);
