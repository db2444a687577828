import fc from "fast-check";
import { expect, it } from "vitest";
import { SettingsError } from "../runtime/settings-error.js";
import { type CacheTopology, type CacheUrl, parseCacheUrl } from "./cache-url.js";
import { readEnv, shapeSettings, variables } from "./settings.js";

const names = Object.keys(variables) as (keyof typeof variables)[];
const texts = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.integer().map(String),
  fc.double().map(String),
  fc.stringMatching(/^(rediss?|dns)(\+sentinel|\+cluster)?:\/{2,3}[\w:@/?=,.[\]%-]{0,40}$/),
  fc.stringMatching(/^[\w.*-]{0,12}(:\d{0,6})?(,[\w.*-]{0,12}(:\d{0,6})?)*$/),
);

it("takes any text in any variable for a value, or names the variable", () => {
  fc.assert(
    fc.property(fc.constantFrom(...names), texts, (name, text) => {
      try {
        const env = readEnv({ [name]: text });
        expect(text.trim() === "" ? [] : [name]).toEqual(Object.keys(env));
      } catch (error) {
        expect(error).toBeInstanceOf(SettingsError);
        expect((error as Error).message).toMatch(new RegExp(`^${name} is ".*"; expected .+\\.$`, "s"));
        expect((error as Error).message.length).toBeLessThan(700);
      }
    }),
    { numRuns: 5000 },
  );
});

it("shapes whatever was read into settings, or says which contradict each other", () => {
  const several = fc.dictionary(fc.constantFrom(...names), texts, { maxKeys: 6 });
  const roles = fc.constantFrom("all", "encoder", "decoder", "gateway");
  fc.assert(
    fc.property(several, roles, (source, role) => {
      try {
        expect(shapeSettings(readEnv({ ...source, MASKWIRE_ROLE: role })).role).toBe(role);
      } catch (error) {
        expect(error).toBeInstanceOf(SettingsError);
        expect((error as Error).message).toContain("MASKWIRE_");
      }
    }),
    { numRuns: 1000 },
  );
});

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

it("repeats nothing of a cache's URL that is malformed: a password may stand anywhere in it", () => {
  const secret = "correcthorse";
  const around = fc.string({ unit: fc.constantFrom(..."redis+:/@?%=&#[] ,.0") });
  fc.assert(
    fc.property(around, around, (before, after) => {
      try {
        readEnv({ MASKWIRE_CACHE_URL: `${before}${secret}${after}` });
      } catch (error) {
        expect((error as Error).message).not.toContain(secret);
      }
    }),
    { numRuns: 2000 },
  );
});
