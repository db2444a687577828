/** Where a tier is: one server, or a DNS name with a server behind each of its addresses. */
export type Target = { kind: "server"; address: string } | { kind: "dns"; name: string; port: number };

const hostAndPort = /^(\[[^\]]+\]|[^:/\s[\]]+):(\d{1,5})$/;

/**
 * Reads `host:port` as one server and `dns:///name:port`, gRPC's own form, as every server behind the name.
 * @returns undefined for anything else, also for gRPC's `dns://resolver/name`: the resolver is the system's.
 */
export function parseTarget(text: string): Target | undefined {
  const isName = /^dns:/i.test(text);
  const [, host, digits] = hostAndPort.exec(isName ? text.replace(/^dns:(?:\/\/\/)?/i, "") : text) ?? [];
  const port = Number(digits);
  if (!host || !(port >= 1 && port <= 65_535)) return undefined;
  return isName ? { kind: "dns", name: host, port } : { kind: "server", address: text };
}
