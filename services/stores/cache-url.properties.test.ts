import fc from "fast-check";
import { expect, it } from "vitest";
import { type CacheTopology, type CacheUrl, parseCacheUrl } from "./cache-url.js";

const hosts = fc.record({
  host: fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().filter((address) => !address.includes(".")),
  ),
  port: fc.integer({ min: 1, max: 65535 }),
});
const hostText = ({ host, port }: { host: string; port: number }) =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;
const topologies: fc.Arbitrary<CacheTopology> = fc.oneof(
  hosts.map((node) => ({ kind: "single" as const, node })),
  fc.record({
    kind: fc.constant("sentinel" as const),
    sentinels: fc.array(hosts, { minLength: 1, maxLength: 3 }),
    master: fc.string({ minLength: 1 }),
  }),
  fc.record({ kind: fc.constant("cluster" as const), nodes: fc.array(hosts, { minLength: 1, maxLength: 3 }) }),
);

/** As somebody who knows the forms would write it. */
function write({ topology, tls, username = "", password = "", database }: CacheUrl): string {
  const scheme = tls ? "rediss" : "redis";
  const encode = encodeURIComponent;
  const login = username || password ? `${encode(username)}:${encode(password)}@` : "";
  switch (topology.kind) {
    case "single":
      return `${scheme}://${login}${hostText(topology.node)}/${database}`;
    case "sentinel":
      return `${scheme}+sentinel://${login}${topology.sentinels.map(hostText)}/${encode(topology.master)}?db=${database}`;
    case "cluster":
      return `${scheme}+cluster://${login}${topology.nodes.map(hostText)}`;
  }
}

it("reads back every cache's URL", () => {
  const logins = fc.record(
    { username: fc.string({ minLength: 1 }), password: fc.string({ minLength: 1 }) },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(topologies, fc.boolean(), logins, fc.nat(99_999), (topology, tls, login, number) => {
      const url: CacheUrl = { topology, tls, ...login, database: topology.kind === "cluster" ? 0 : number };
      expect(parseCacheUrl(write(url))).toEqual(url);
    }),
  );
});
