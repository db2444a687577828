import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { longestTimerMs } from "../runtime/longest-timer.js";
import { projectRoot } from "../runtime/project-root.js";
import { SettingsError } from "../runtime/settings/settings-error.js";
import { otherVariables, parts, readEnv, shapeSettings, unknownVariables, variables } from "./settings.js";

const settings = (source: Record<string, string | undefined> = {}) => shapeSettings(readEnv(source));

const shared = {
  MASKWIRE_CACHE_URL: "redis://cache:6379",
  MASKWIRE_ENCODER_ADDRESS: "encoder:50051",
  MASKWIRE_DECODER_ADDRESSES: "decoder:50052",
};

describe("defaults", () => {
  it("run everything in one process, on this machine alone, with nothing set", () => {
    expect(settings()).toMatchObject({ role: "all", host: "127.0.0.1", port: 8080, cache: { server: undefined } });
  });

  it("take an empty or blank value for one that is not set", () => {
    expect(settings({ MASKWIRE_PORT: "", MASKWIRE_ROLE: "  " })).toEqual(settings());
  });

  it.each([
    ["encoder", 50051],
    ["decoder", 50052],
    ["gateway", 8080],
  ])("give the role %s its port", (role, port) => {
    expect(settings({ ...shared, MASKWIRE_ROLE: role }).port).toBe(port);
  });

  it.each([
    ["all", "all"],
    ["encoder", "own"],
    ["decoder", "nothing"],
  ])("have a process of the role %s keep %s of the cache", (role, hereToo) => {
    expect(settings({ ...shared, MASKWIRE_ROLE: role }).cache.hereToo).toBe(hereToo);
  });

  it("trust callers where only other processes of Maskwire call", () => {
    expect(settings().encoder.trustsPeers).toBe(false);
    expect(settings({ ...shared, MASKWIRE_ROLE: "encoder" }).encoder.trustsPeers).toBe(true);
  });
});

describe("times", () => {
  // Given to the stores as an age, which is no timer.
  const ages = ["MASKWIRE_CACHE_TTL_MS"];
  const times = Object.keys(variables).filter((name) => name.endsWith("_MS") && !ages.includes(name));

  it.each(times)("%s is never longer than a timer can be", (name) => {
    expect(() => readEnv({ [name]: String(longestTimerMs + 1) })).toThrow(new RegExp(`^${name} is `));
    const [, most] = /to (\d+)/.exec(refusalOf(name)) ?? [];
    expect(Number(most)).toBeLessThanOrEqual(longestTimerMs);
    expect(() => readEnv({ [name]: most })).not.toThrow();
  });

  const refusalOf = (name: string) => {
    try {
      readEnv({ [name]: "-1" });
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };
});

describe("values that are right", () => {
  it.each([
    ["MASKWIRE_PORT", "0", (all: ReturnType<typeof settings>) => all.port, 0],
    ["MASKWIRE_PORT", " 65535 ", (all) => all.port, 65535],
    ["MASKWIRE_STOP_MS", "0", (all) => all.stopMs, 0],
    ["MASKWIRE_ENCODER_PROVIDERS", "cuda, cpu", (all) => all.encoder.providers, ["cuda", "cpu"]],
    [
      "MASKWIRE_CACHE_URL",
      "rediss://user:p%40ss@host:6380/2",
      (all) => all.cache.server,
      {
        topology: { kind: "single", node: { host: "host", port: 6380 } },
        tls: true,
        username: "user",
        password: "p@ss",
        database: 2,
        sentinelLogin: {},
        certificates: {},
      },
    ],
  ] as [string, string, (all: ReturnType<typeof settings>) => unknown, unknown][])(
    "%s=%s",
    (name, value, read, expected) => {
      expect(read(settings({ [name]: value }))).toEqual(expected);
    },
  );

  it("proxies as addresses and ranges of both kinds", () => {
    const text = "192.0.2.1, 10.0.0.0/8,2001:db8::1, fd00::/8";
    expect(settings({ MASKWIRE_TRUSTED_PROXIES: text }).gateway.trustedProxies).toEqual([
      "192.0.2.1",
      "10.0.0.0/8",
      "2001:db8::1",
      "fd00::/8",
    ]);
    expect(settings().gateway.trustedProxies).toEqual([]);
  });

  it("addresses of every form", () => {
    const found = settings({
      MASKWIRE_ROLE: "gateway",
      MASKWIRE_ENCODER_ADDRESS: "dns:///encoder.maskwire.svc:50051",
      MASKWIRE_DECODER_ADDRESSES: "10.0.0.1:1, [::1]:65535,decoder-0.decoders:50052",
    });
    expect(found.gateway.encoderAddresses).toEqual(["dns:///encoder.maskwire.svc:50051"]);
    expect(found.gateway.decoderAddresses).toEqual(["10.0.0.1:1", "[::1]:65535", "decoder-0.decoders:50052"]);
  });
});

/** A malformed value for every variable; those without one take any text. */
const malformed: Record<string, string[]> = {
  MASKWIRE_ROLE: ["both", "ALL"],
  MASKWIRE_PORT: ["65536", "-1", "80a", "1e3", "99999999999999999999999"],
  MASKWIRE_LOG_LEVEL: ["loud"],
  MASKWIRE_STOP_MS: ["10s", "600001"],
  MASKWIRE_ENCODER_ADDRESS: [
    "encoder",
    "encoder:",
    ":50051",
    "encoder:0",
    "encoder:65536",
    "tcp://10.0.0.1:50051",
    ",",
  ],
  MASKWIRE_DECODER_ADDRESSES: ["a:1,b", "a:1 b:2", "a:123456", "dns:///a", "dns://8.8.8.8/a:1"],
  MASKWIRE_IMPORT_BUCKETS: ["s3://bucket", "a b", "Bucket", "x"],
  MASKWIRE_PICTURE_HOSTS: ["https://example.org", "example.org:443", "a.*.org", "*example.org", "a b", "a,b/c", "*.*"],
  MASKWIRE_PUBLIC_HOSTS: ["https://example.org", "example.org:443", "a.*.org", "a b"],
  MASKWIRE_TRUSTED_PROXIES: ["proxy", "10.0.0.0/33", "10.0.0.0/", "10.0.0.1:80", "10.0.0.0/8 192.0.2.1", "7", "*"],
  MASKWIRE_LOAD_PERCENT: ["99", "1.25", "10001"],
  MASKWIRE_CACHE_URL: ["localhost:6379", "http://cache", "redis://", "redis+sentinel://host", "redis+cluster://h/1"],
  MASKWIRE_CACHE_NAMESPACE: ["a:b", "a b"],
  MASKWIRE_MODELS: ["a b", "a:eager", ":lazy", "a;b", ","],
  MASKWIRE_ENCODER_PROVIDERS: ["gpu", "cpu,gpu", ","],
};
const isText = (name: string) => variables[name as keyof typeof variables].safeParse("any text at all").success;

describe("malformed values", () => {
  const cases = Object.keys(variables)
    .filter((name) => !isText(name))
    .flatMap((name) =>
      (malformed[name] ?? ["-1", "1.5", "many", "999999999999999999999"]).map((value) => [name, value]),
    );

  it.each(cases as [string, string][])("%s=%s names its variable and what was expected", (name, value) => {
    expect(() => readEnv({ [name]: value })).toThrow(SettingsError);
    expect(() => readEnv({ [name]: value })).toThrow(new RegExp(`^${name} is ".*"; expected \\S.+\\.$`));
  });

  it("are all named at once", () => {
    expect(() => readEnv({ MASKWIRE_PORT: "x", MASKWIRE_ROLE: "y" })).toThrow(/MASKWIRE_ROLE.*\n.*MASKWIRE_PORT/);
  });

  it.each([
    "http://user:secret@host",
    "redis://user:sec ret@host",
    "redis://user:pa@secret@ho st",
    "redis:/user:secret@host",
    "user:sec ret@host",
    "redis+cluster://secret/1",
  ])("do not show the password of %s", (url) => {
    const message = (() => {
      try {
        readEnv({ MASKWIRE_CACHE_URL: url });
      } catch (error) {
        return (error as Error).message;
      }
      return undefined;
    })();
    expect(message).toMatch(/MASKWIRE_CACHE_URL/);
    expect(message).not.toMatch(/sec|ret@|pa@/);
  });
});

describe("secrets and certificates in files", () => {
  const folder = mkdtempSync(join(tmpdir(), "maskwire-settings-"));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  afterAll(() => rmSync(folder, { recursive: true }));
  const url = { MASKWIRE_CACHE_URL: "rediss://user:of-url@host" };

  it("are read where they enter, and stand over the URL", () => {
    const { server } = settings({
      ...url,
      MASKWIRE_CACHE_PASSWORD_FILE: file("password", "of file\n"),
      MASKWIRE_CACHE_TLS_CA_FILE: file("ca.pem", "-----BEGIN CERTIFICATE-----\n"),
      MASKWIRE_CACHE_TLS_SERVER_NAME: "cache.test",
    }).cache;
    expect(server).toMatchObject({ username: "user", password: "of file" });
    expect(server?.certificates).toMatchObject({ ca: "-----BEGIN CERTIFICATE-----", serverName: "cache.test" });
  });

  it.each([
    ["MASKWIRE_CACHE_PASSWORD_FILE", "", /readable file that holds a password/],
    ["MASKWIRE_CACHE_TLS_KEY_FILE", "not a key", /in PEM/],
  ])("%s that is empty or something else is named", (name, text, expected) => {
    expect(() => readEnv({ [name]: file("wrong", text) })).toThrow(expected);
    expect(() => readEnv({ [name]: file("wrong", text) })).toThrow(name);
  });

  it("need certificate and key together", () => {
    const cert = file("cert.pem", "-----BEGIN CERTIFICATE-----\n");
    expect(() => settings({ ...url, MASKWIRE_CACHE_TLS_CERT_FILE: cert })).toThrow(
      /_CERT_FILE and MASKWIRE_CACHE_TLS_KEY/,
    );
  });
});

describe("settings that contradict each other", () => {
  it.each(["encoder", "decoder"])("a lone %s needs a cache to share", (role) => {
    expect(() => settings({ MASKWIRE_ROLE: role })).toThrow(/needs a cache.*MASKWIRE_CACHE_URL/);
  });

  it.each([[{}], [{ MASKWIRE_ENCODER_ADDRESS: "encoder:50051" }], [{ MASKWIRE_DECODER_ADDRESSES: "decoder:50052" }]])(
    "a lone gateway needs both addresses (%j)",
    (addresses) => {
      expect(() => settings({ MASKWIRE_ROLE: "gateway", ...addresses })).toThrow(
        /MASKWIRE_ENCODER_ADDRESS and MASKWIRE_DECODER_ADDRESSES/,
      );
    },
  );
});

it("has each variable in one part only", () => {
  const all = parts.flatMap((part) => Object.keys(part.variables));
  expect(all.filter((name, at) => all.indexOf(name) !== at)).toEqual([]);
  expect(all.sort()).toEqual(Object.keys(variables).sort());
});

it("knows which variables mean nothing, and leaves those of others alone", () => {
  expect(unknownVariables({ MASKWIRE_PROT: "1", MASKWIRE_PORT: "1", PORT: "1", ENCODER_PORT: "tcp://x" })).toEqual([
    "MASKWIRE_PROT",
  ]);
});

describe("the documentation's settings", () => {
  const path = join(projectRoot, "web-client", "docs", "settings.md");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const [, ...tables] = text.split(/^## (?=[^\n]+\n\n\| variable \|)/m);
  const rowForm = /^\| `(MASKWIRE_\w+)` \| ([^|]*?) ?\| ([^|]+) \| ([^|]+) \|$/gm;
  const documented = tables.map((table) => ({
    title: table.slice(0, table.indexOf("\n")),
    rows: [...table.matchAll(rowForm)].map(([, name = "", usual = "", takes = "", what = ""]) => ({
      name,
      usual,
      takes: takes.replaceAll("`", ""),
      what: what.replaceAll("`", ""),
    })),
  }));

  it.skipIf(text === "")("has every variable in the table of its part, with its form and its description", () => {
    const real = parts.map(({ title, variables: own }) => ({
      title,
      rows: Object.entries(own).map(([name, form]) => ({ name, takes: formOf(form), what: form.meta()?.description })),
    }));
    const withoutDefaults = documented.map(({ title, rows }) => ({
      title,
      rows: rows.map(({ usual: _, ...row }) => row),
    }));
    expect(withoutDefaults).toEqual(real);
  });

  it.skipIf(text === "")("names the defaults that there are: to set one changes nothing", () => {
    const memory = { limitBytes: 16 * 2 ** 30, heapLimitBytes: 2 ** 30 };
    // What some of them go with.
    const tokens = {
      MASKWIRE_OIDC_ISSUER: "https://login.example.org",
      MASKWIRE_OIDC_AUDIENCE: "maskwire",
      MASKWIRE_OIDC_CLIENT_ID: "page",
    };
    const shapeOf = (env: Record<string, string>) => shapeSettings(readEnv({ ...tokens, ...env }), memory);
    const unset = shapeOf({});
    const literals = documented
      .flatMap(({ rows }) => rows)
      .flatMap(({ name, usual }) => {
        const value = settable(usual);
        // This one goes with a file.
        return value === undefined || name === "MASKWIRE_TLS_CLIENTS" ? [] : [{ name, value }];
      });
    expect(literals.length).toBeGreaterThan(60);
    for (const { name, value } of literals) expect(shapeOf({ [name]: value }), `${name}=${value}`).toEqual(unset);
  });

  it.skipIf(text === "")("names no other", () => {
    const named = new Set([...text.matchAll(/MASKWIRE_[A-Z_]*[A-Z]/g)].map(([name]) => name));
    expect([...named].filter((name) => !(name in variables || otherVariables.includes(name)))).toEqual([]);
  });
});

describe("the plan of memory", () => {
  const MiB = 1024 * 1024;
  const rest = (env: Record<string, string>) => {
    const memory = { limitBytes: 16 * 1024 * MiB, heapLimitBytes: 1024 * MiB };
    const { parts: planned } = shapeSettings(readEnv({ MASKWIRE_DECODER_WORKERS: "2", ...env }), memory).memory;
    return (planned.rest ?? 0) / MiB;
  };
  const yielding = process.platform === "linux" ? 1 : 0;

  it("counts the detectors that may be loaded, and each model after the first, in every worker that has it", () => {
    const none = rest({ MASKWIRE_DETECTORS: "none" });
    expect(rest({ MASKWIRE_DETECTORS: "ssdlite" }) - none).toBe(100);
    expect(rest({}) - none).toBe(300);
    expect(rest({ MASKWIRE_MODELS: "a,b:lazy,c" }) - rest({ MASKWIRE_MODELS: "a" })).toBe(
      2 * (320 + (2 + yielding) * 40),
    );
  });
});

/** What a variable takes, as a person is told who has set another: the numbers of a range alone. */
function formOf(form: z.ZodType): string {
  const [message = "several, by commas"] = ["", "\0", "1,2,"]
    .map((wrong) => form.safeParse(wrong).error?.issues[0]?.message)
    .filter((one) => one !== undefined);
  const [range, least, most] = /^a whole number from (\d+) to (\d+)/.exec(message) ?? [];
  if (!range) return message.replace(/ \(it cannot be read\)$/, "");
  const to = Number(most) === Number.MAX_SAFE_INTEGER ? " or more" : ` to ${grouped(most)}`;
  return `${grouped(least)}${to}${message.slice(range.length)}`;
}

const grouped = (number?: string) => Number(number).toLocaleString("en");

const units: Record<string, number> = { MiB: 2 ** 20, GiB: 2 ** 30, million: 1e6, min: 60_000, h: 3_600_000 };

/** A default that a person could set as it stands; undefined for one that is told in words, or depends on others. */
function settable(usual: string): string | undefined {
  const [, number, unit] = /^(\d+)(?: (MiB|GiB|million|min|h))?$/.exec(usual) ?? [];
  if (number !== undefined) return String(Number(number) * (unit === undefined ? 1 : units[unit]!));
  const [, word] = /^`([a-z][a-z0-9.]*|[\d.]+)`$/.exec(usual) ?? [];
  return word;
}
