import { describe, expect, it } from "vitest";
import { type KeyEntry, parseKeyFile, writeKeyFile } from "./key-file.js";

const sha256 = "ab".repeat(32);
const entry = { id: "ci", sha256, tenant: "acme", scopes: ["segment"], createdAt: "2026-01-02T03:04:05Z" };
const fileOf = (...keys: unknown[]) => JSON.stringify({ keys });
const faultOf = (text: string) => {
  try {
    parseKeyFile(text);
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
};

it("is read, times as milliseconds, and written as it is read", () => {
  const all: KeyEntry = {
    id: "ci",
    sha256,
    tenant: "acme",
    scopes: ["segment", "peer"],
    limits: { sessions: 3, clicksPerMinute: 100 },
    createdAt: Date.UTC(2026, 0, 2),
    expiresAt: Date.UTC(2027, 0),
    revokedAt: Date.UTC(2026, 5),
  };
  const least: KeyEntry = { id: "a_b", sha256, tenant: "b", scopes: ["upload"], createdAt: 0 };
  const written = (keys: KeyEntry[]) => parseKeyFile(writeKeyFile({ keys, tenants: {} }));
  expect(written([all, least])).toEqual({ keys: [all, least], tenants: {} });
  expect(written([])).toEqual({ keys: [], tenants: {} });
});

it("Q1: says of tenants what all of their keys together may take, and keeps it when it is written", () => {
  const tenants = { acme: { limits: { clicksPerMinute: 7 } }, other: {} };
  const file = parseKeyFile(JSON.stringify({ keys: [entry, { ...entry, id: "b", tenant: "other" }], tenants }));
  expect(file.keys.map(({ tenantLimits }) => tenantLimits)).toEqual([{ clicksPerMinute: 7 }, undefined]);
  const again = writeKeyFile(file);
  expect(again).not.toContain("tenantLimits");
  expect(parseKeyFile(again)).toEqual(file);
  expect(faultOf(JSON.stringify({ keys: [], tenants: { acme: { limits: { clicks: 1 } } } }))).toContain('"clicks"');
  expect(faultOf(JSON.stringify({ keys: [], tenants: { acme: { limits: { sessions: 0 } } } }))).toContain(
    "a whole number from 1 on",
  );
});

it("takes times of any zone and digests of upper case", () => {
  const {
    keys: [read],
  } = parseKeyFile(fileOf({ ...entry, sha256: sha256.toUpperCase(), expiresAt: "2027-01-01T02:00:00+02:00" }));
  expect(read).toMatchObject({ sha256, expiresAt: Date.UTC(2027, 0) });
});

describe("is refused by a sentence that names entry and field", () => {
  it.each([
    ["", "it is not JSON"],
    ['{\n "keys": [\n', /^it is not JSON/],
    ["[]", /^it is not/],
    ["{}", 'it: expected of "keys" a list of keys'],
    [fileOf(entry, 1), /^entry 2 is not/],
    [fileOf({ ...entry, id: "a:b" }), /^entry 1: expected of "id" an id is 1 to 63 letters/],
    [fileOf(entry, { ...entry, id: "b", sha256: "ab" }), 'entry 2 ("b"): expected of "sha256" 64 hex digits'],
    [fileOf({ ...entry, tenant: "Acme" }), /^entry 1 \("ci"\): expected of "tenant" 1 to 63 small letters/],
    [fileOf({ ...entry, scopes: [] }), 'entry 1 ("ci"): expected of "scopes" at least one scope'],
    [fileOf({ ...entry, scopes: ["root"] }), /^entry 1 \("ci"\): expected of "scopes.0" one of segment/],
    [fileOf({ ...entry, scopes: "segment" }), /expected of "scopes" a list of segment/],
    [fileOf({ ...entry, limits: { sessions: 0 } }), /expected of "limits.sessions" a whole number from 1 on/],
    [
      fileOf({ ...entry, limits: { sesions: 1 } }),
      'entry 1 ("ci") has a field that is unknown, in "limits": "sesions"',
    ],
    [fileOf({ ...entry, limits: [] }), /expected of "limits" an object of limits/],
    [fileOf({ ...entry, expiresAt: "tomorrow" }), /expected of "expiresAt" a time such as/],
    [fileOf({ ...entry, expiresAt: "2027-01-01" }), /expected of "expiresAt" a time such as/],
    [fileOf({ ...entry, createdAt: undefined }), /expected of "createdAt" a time such as/],
    [fileOf({ ...entry, expires: "x" }), 'entry 1 ("ci") has a field that is unknown: "expires"'],
    [fileOf(entry, entry), 'entry 2 ("ci") has the id of an entry before it'],
  ])("%j", (text, fault) => {
    expect(faultOf(text)).toEqual(typeof fault === "string" ? fault : expect.stringMatching(fault));
  });
});

it("never repeats what may be a secret", () => {
  const secret = "hunter2hunter2hunter2hunter2hunter2hunter2hunter2";
  for (const text of [
    secret,
    `{"keys": [{"id": ${secret}`,
    fileOf({ ...entry, sha256: secret }),
    fileOf({ ...entry, id: secret, tenant: 7 }),
    fileOf({ ...entry, createdAt: secret }),
    fileOf({ ...entry, scopes: [secret] }),
    fileOf(secret),
    JSON.stringify({ keys: secret }),
  ]) {
    expect(faultOf(text), text).toBeDefined();
    expect(faultOf(text), text).not.toContain("hunter2");
  }
});
