import { beforeEach, expect, it } from "vitest";
import { Code } from "../../runtime/errors.js";
import { ApiKeys } from "./api-keys.js";
import type { KeyEntry } from "./key-file.js";
import { digestOf, formatKey, newSecret } from "./secret.js";

const secret = newSecret();
const entryOf = (more: Partial<KeyEntry> = {}): KeyEntry => ({
  id: "ci",
  sha256: digestOf(secret).toString("hex"),
  tenant: "acme",
  scopes: ["segment"],
  createdAt: 0,
  ...more,
});
const shown = formatKey({ id: "ci", secret });
let now: number;
const keysOf = (...entries: KeyEntry[]) => new ApiKeys(entries, () => now);
const refusal = (keys: ApiKeys, text: string) => {
  try {
    keys.identify(text);
  } catch (error) {
    return error as { code: Code; message: string };
  }
  return undefined;
};

beforeEach(() => {
  now = 1000;
});

it("who holds a key's secret is its principal", () => {
  const limits = { sessions: 2 };
  expect(keysOf(entryOf({ limits, expiresAt: 5000 })).identify(shown)).toEqual({
    id: "ci",
    tenant: "acme",
    scopes: new Set(["segment"]),
    limits,
    expiresAt: 5000,
  });
});

it("L8: of a key that is unknown and of one with another secret the same is said", () => {
  const keys = keysOf(entryOf());
  const wrong = refusal(keys, formatKey({ id: "ci", secret: newSecret() }));
  const unknown = refusal(keys, formatKey({ id: "other", secret }));
  expect(wrong?.code).toBe(Code.UNAUTHENTICATED);
  expect(wrong?.message).toBe(unknown?.message);
  expect(refusal(keys, "mw_ci_short")?.message).toContain("mw_ID_SECRET");
});

it("L8: that a key has ended is told to who holds its secret only", () => {
  for (const [more, why] of [
    [{ revokedAt: 1 }, "was revoked"],
    [{ expiresAt: 1000 }, "has expired"],
  ] as const) {
    const keys = keysOf(entryOf(more));
    expect(refusal(keys, shown)?.message).toContain(why);
    expect(refusal(keys, formatKey({ id: "ci", secret: newSecret() }))?.message).toContain("not known");
    expect(keys.find("ci")).toBeUndefined();
  }
});

it("a key works until its time", () => {
  const keys = keysOf(entryOf({ expiresAt: 2000 }));
  const principal = keys.identify(shown);
  now = 1999;
  expect(keys.identify(shown)).toBe(principal);
  expect(keys.isCurrent(principal)).toBe(true);
  now = 2000;
  expect(refusal(keys, shown)?.message).toContain("has expired");
  expect(keys.isCurrent(principal)).toBe(false);
});

it.each<[string, KeyEntry[]]>([
  ["gone", []],
  ["revoked", [entryOf({ revokedAt: 1 })]],
  ["another tenant's", [entryOf({ tenant: "b" })]],
  ["of other scopes", [entryOf({ scopes: ["segment", "upload"] })]],
  ["of other limits", [entryOf({ limits: { sessions: 1 } })]],
  ["of another secret", [entryOf({ sha256: "00".repeat(32) })]],
])("L9: a key that is %s ends, the others go on", (_what, changed) => {
  const others = [entryOf({ id: "other" })];
  const keys = keysOf(entryOf(), ...others);
  const [mine, other] = [keys.identify(shown), keys.find("other")];
  expect(keys.replace([entryOf(), ...others])).toEqual([]);
  expect(keys.identify(shown)).toBe(mine);
  expect(keys.replace([...changed, ...others])).toEqual([mine]);
  expect(keys.isCurrent(mine)).toBe(false);
  expect(keys.find("other")).toBe(other);
});
