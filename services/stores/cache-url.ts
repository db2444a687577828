/** A server's name or address, and its port. */
export interface CacheNodeAddress {
  host: string;
  port: number;
}

/** Where the shared cache is, by the three ways in which people run Redis and Valkey. */
export type CacheTopology =
  | { kind: "single"; node: CacheNodeAddress }
  | { kind: "sentinel"; sentinels: CacheNodeAddress[]; master: string }
  | { kind: "cluster"; nodes: CacheNodeAddress[] };

/** What a cache URL says. */
export interface CacheUrl {
  topology: CacheTopology;
  /** Whether every connection, those to Sentinels too, is encrypted. */
  tls: boolean;
  username?: string | undefined;
  password?: string | undefined;
  /** Number of the logical database; 0 in a Cluster, which has no other. */
  database: number;
}

/** What a URL must look like, for people who got it wrong. */
export const cacheUrlForms =
  "redis://user:password@host:6379/0, redis+sentinel://host:26379,host:26379/master-name?db=0 or " +
  "redis+cluster://host:7000,host:7001; rediss for TLS";

const form = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:(.*)@)?([^@/?#\s]+)(?:\/([^/?#\s]*))?(?:\?([^#\s]*))?$/;
const hostPort = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/i;

/**
 * Reads `redis://`, `redis+sentinel://`, `redis+cluster://` and their `rediss` forms. User and password are
 * percent-encoded where they hold reserved characters.
 * @throws Error whose message says what was expected, and holds nothing of the URL: it may carry a password.
 */
export function parseCacheUrl(text: string): CacheUrl {
  const [, scheme, way, credentials, hosts = "", path = "", query] = form.exec(text) ?? [];
  if (!scheme || /\s/.test(text)) throw new Error(cacheUrlForms);
  const tls = scheme === "rediss";
  const login = parseCredentials(credentials);
  const parameters = parseQuery(query);
  if (way === "cluster") {
    if (path !== "" || (parameters.db ?? 0) !== 0) throw new Error("no database after the hosts: a Cluster has only 0");
    return { topology: { kind: "cluster", nodes: parseHosts(hosts, 6379) }, tls, ...login, database: 0 };
  }
  if (way === "sentinel") {
    const master = decode(path);
    if (!master) throw new Error("the master's name after the Sentinels: redis+sentinel://host:26379/master-name");
    const topology = { kind: "sentinel" as const, sentinels: parseHosts(hosts, 26379), master };
    return { topology, tls, ...login, database: parameters.db ?? 0 };
  }
  const [node, ...others] = parseHosts(hosts, 6379);
  if (!node || others.length > 0) throw new Error("one host; several are for redis+sentinel:// and redis+cluster://");
  if (path !== "" && parameters.db !== undefined) throw new Error("the database once: as the path or as db=");
  return {
    topology: { kind: "single", node },
    tls,
    ...login,
    database: path === "" ? (parameters.db ?? 0) : parseDatabase(path),
  };
}

function parseCredentials(text: string | undefined): Pick<CacheUrl, "username" | "password"> {
  if (text === undefined || text === "") return {};
  const at = text.indexOf(":");
  const username = decode(at < 0 ? text : text.slice(0, at));
  const password = at < 0 ? "" : decode(text.slice(at + 1));
  return { ...(username && { username }), ...(password && { password }) };
}

function parseHosts(text: string, defaultPort: number): CacheNodeAddress[] {
  return text.split(",").map((one) => {
    const [, v6, name, port] = hostPort.exec(one) ?? [];
    const host = v6 ?? name;
    const number = port === undefined ? defaultPort : Number(port);
    if (!host || number < 1 || number > 65535) throw new Error("hosts as host:port with ports from 1 to 65535");
    return { host, port: number };
  });
}

function parseQuery(text: string | undefined): { db?: number } {
  if (!text) return {};
  const [name, value, ...more] = text.split("=");
  if (name !== "db" || value === undefined || more.length > 0 || value.includes("&")) {
    throw new Error("no parameter but db=NUMBER; the rest has settings of its own");
  }
  return { db: parseDatabase(value) };
}

function parseDatabase(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new Error("the database as a number");
  return Number(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error("reserved characters percent-encoded, and % as %25");
  }
}
