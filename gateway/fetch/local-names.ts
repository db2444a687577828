import type { LookupAddress } from "node:dns";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";

/** What this machine calls its neighbours: the names of its hosts file, and the domains in which short names are looked for. */
export interface LocalNames {
  readonly hosts: ReadonlyMap<string, readonly LookupAddress[]>;
  readonly search: readonly string[];
  /** A name with so many dots is asked for as it is before the domains are tried. */
  readonly ndots: number;
}

/** As the system's own look-up reads them, each time: they are small, and a cluster may change them. */
export function readLocalNames(): LocalNames {
  return { hosts: parseHosts(textOf("/etc/hosts")), ...parseResolver(textOf("/etc/resolv.conf")) };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // There is none.
    return "";
  }
}

/** hosts(5): an address and the names that it has, a line each. */
export function parseHosts(text: string): LocalNames["hosts"] {
  const hosts = new Map<string, LookupAddress[]>();
  for (const line of text.split("\n")) {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    const family = isIP(address);
    if (family === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      hosts.set(key, [...(hosts.get(key) ?? []), { address, family }]);
    }
  }
  return hosts;
}

/** resolv.conf(5): of `search` and `domain` the last counts. */
export function parseResolver(text: string): Pick<LocalNames, "search" | "ndots"> {
  let search: string[] = [];
  let ndots = 1;
  for (const line of text.split("\n")) {
    const [word, ...values] = line.trim().split(/\s+/);
    if (word === "search" || word === "domain") search = values.map((domain) => domain.replace(/\.$/, ""));
    if (word !== "options") continue;
    for (const value of values) ndots = Number(/^ndots:(\d{1,2})$/.exec(value)?.[1] ?? ndots);
  }
  return { search: search.filter((domain) => domain !== ""), ndots };
}

/** The names to ask for in place of one, in this order. */
export function candidatesOf(host: string, { search, ndots }: Pick<LocalNames, "search" | "ndots">): string[] {
  if (host.endsWith(".")) return [host.slice(0, -1)];
  const below = search.map((domain) => `${host}.${domain}`);
  const dots = host.split(".").length - 1;
  return dots >= ndots ? [host, ...below] : [...below, host];
}
