import { createSecretKey } from "node:crypto";
import { exportSPKI, SignJWT, UnsecuredJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Principal } from "../../runtime/callers/principal.js";
import { Code } from "../../runtime/errors.js";
import { fakeLogger } from "../../runtime/testing/fake-logger.js";
import { FakeProvider } from "../testing/fake-provider.js";
import { type TokenSettings, Tokens } from "./tokens.js";

let provider: FakeProvider;
let logger: ReturnType<typeof fakeLogger>;

beforeEach(async () => {
  provider = await FakeProvider.start();
  logger = fakeLogger();
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
});
afterEach(async () => {
  vi.useRealTimers();
  await provider[Symbol.asyncDispose]();
});

const limitsOf = (tenant: string) => (tenant === "acme" ? { sessions: 5 } : undefined);
const tokensOf = (more: Partial<TokenSettings> = {}) =>
  new Tokens(
    {
      issuer: provider.issuer,
      audience: "maskwire",
      keysUrl: undefined,
      tenantClaim: "tenant",
      scopeClaim: "scope",
      defaultScopes: [],
      ...more,
    },
    { logger, limitsOf },
  );
const seconds = () => Math.floor(Date.now() / 1000);
const wait = (ms: number) => void vi.advanceTimersByTime(ms);
const refusal = async (tokens: Tokens, token: string) => {
  try {
    await tokens.identify(token);
  } catch (error) {
    return error as { code: Code; message: string; retryAfterMs?: number };
  }
  return undefined;
};
const unauthenticated = (sentence: RegExp) => ({
  code: Code.UNAUTHENTICATED,
  message: expect.stringMatching(sentence),
});

it("L12: a token is whom it names, of its tenant, with its scopes, until it ends and clocks may differ", async () => {
  const exp = seconds() + 300;
  expect(await tokensOf().identify(await provider.token({ exp }))).toEqual({
    id: "sub:ann",
    tenant: "acme",
    scopes: new Set(["segment"]),
    limits: {},
    tenantLimits: { sessions: 5 },
    expiresAt: exp * 1000 + 30_000,
  });
  expect(provider.asked).toEqual(["/.well-known/openid-configuration", "/keys"]);
});

it("L12: one that was seen before is known at once, and until its end only", async () => {
  const tokens = tokensOf();
  const token = await provider.token({ exp: seconds() + 300 });
  const principal = await tokens.identify(token);
  expect(tokens.identify(token)).toBe(principal);
  wait(329_000);
  expect(tokens.identify(token)).toBe(principal);
  wait(1000);
  expect(await refusal(tokens, token)).toMatchObject(unauthenticated(/has expired/));
});

it("is one principal, however many come with it at once", async () => {
  const tokens = tokensOf();
  const token = await provider.token();
  const [one, other] = await Promise.all([tokens.identify(token), tokens.identify(token)]);
  expect(one).toBe(other);
  tokens.forget();
  expect(tokens.identify(token)).toBeInstanceOf(Promise);
});

it("reads the claims that the settings name, and gives scopes to one that has none of ours", async () => {
  const tokens = tokensOf({ tenantClaim: "org.id", scopeClaim: "roles", defaultScopes: ["segment", "upload"] });
  const with_ = async (claims: object) => (await tokens.identify(await provider.token(claims))) as Principal;
  const own = await with_({ org: { id: "b" }, roles: ["maskwire:everything"] });
  expect(own).toMatchObject({ tenant: "b", scopes: new Set(["everything"]) });
  expect(own.tenantLimits).toBeUndefined();
  expect(await with_({ org: { id: "b" }, roles: ["other"] })).toMatchObject({ scopes: new Set(["segment", "upload"]) });
});

describe("L12: no other token is believed:", () => {
  it.each<[string, object, RegExp]>([
    ["expired", { exp: 31 - 62 }, /has expired; sign in again\.$/],
    ["not valid yet", { nbf: 60 }, /not valid yet/],
    ["of another issuer", { iss: "https://example.org" }, /another provider/],
    ["for another service", { aud: ["other"] }, /another service/],
    ["for nobody", { aud: undefined }, /lacks the claim "aud"|another service/],
    ["without an end", { exp: undefined }, /lacks the claim "exp"/],
    ["of nobody", { sub: undefined }, /lacks the claim "sub"/],
    ["of nobody's name", { sub: "" }, /names nobody/],
    ["with an end that is none", { exp: "soon" }, /claim "exp" is malformed/],
  ])("one that is %s", async (_what, claims, sentence) => {
    const { exp, nbf, ...rest } = claims as { exp?: number; nbf?: number };
    const times = {
      ...("exp" in claims ? { exp: typeof exp === "number" ? seconds() + exp : exp } : {}),
      ...(nbf === undefined ? {} : { nbf: seconds() + nbf }),
    };
    expect(await refusal(tokensOf(), await provider.token({ ...rest, ...times }))).toMatchObject(
      unauthenticated(sentence),
    );
  });

  it.each<[string, () => string | Promise<string>]>([
    ["no token at all", () => "guess"],
    ["a half of one", async () => (await provider.token()).slice(0, 100)],
    [
      "one whose claims were changed",
      async () => {
        const [head, , signature] = (await provider.token()).split(".");
        const [, body] = (await provider.token({ tenant: "other" })).split(".");
        return [head, body, signature].join(".");
      },
    ],
    ["one without a signature", async () => (await provider.token()).replace(/[^.]+$/, "")],
    [
      "of no algorithm",
      () => new UnsecuredJWT({ tenant: "acme" }).setSubject("ann").setIssuer(provider.issuer).encode(),
    ],
    [
      "signed with the public key as a secret",
      async () => {
        const secret = createSecretKey(Buffer.from(await exportSPKI(provider.publicKey("first"))));
        return new SignJWT({ tenant: "acme", sub: "ann", iss: provider.issuer, aud: "maskwire", exp: seconds() + 300 })
          .setProtectedHeader({ alg: "HS256", kid: "first" })
          .sign(secret);
      },
    ],
    [
      "of another's key by the same name",
      async () => {
        await using other = await FakeProvider.start("its own");
        return other.token({ iss: provider.issuer });
      },
    ],
  ])("%s", async (_what, make) => {
    const said = unauthenticated(/^This token is not one of the provider's here/);
    expect(await refusal(tokensOf(), await make())).toMatchObject(said);
  });

  it("a huge one, of which nothing is read", async () => {
    const token = await provider.token({ more: "x".repeat(20_000) });
    expect(await refusal(tokensOf(), token)).toMatchObject(unauthenticated(/longer than/));
    expect(provider.asked).toEqual([]);
  });
});

it.each([
  ["no tenant", undefined, /lacks the claim "tenant"/],
  ["a tenant of capital letters", "Acme", /no tenant's name/],
  ["a tenant with separators", "a:b", /no tenant's name/],
  ["several tenants", ["a", "b"], /no tenant's name/],
])("L12: one with %s may do nothing", async (_what, tenant, sentence) => {
  expect(await refusal(tokensOf(), await provider.token({ tenant }))).toMatchObject({
    code: Code.PERMISSION_DENIED,
    message: expect.stringMatching(sentence),
  });
});

it("L12: keys that the provider changes are fetched, but not for every stranger who names one", async () => {
  const tokens = tokensOf();
  await tokens.identify(await provider.token());
  await provider.addKey("second");
  const next = await provider.token({}, {}, "second");
  const fetched = () => provider.asked.filter((path) => path === "/keys").length;
  // They were fetched a moment ago.
  for (let i = 0; i < 20; i++)
    expect(await refusal(tokens, next)).toMatchObject(unauthenticated(/not one of the provider's/));
  expect(fetched()).toBe(1);
  wait(11_000);
  expect(await tokens.identify(next)).toMatchObject({ id: "sub:ann" });
  expect(fetched()).toBe(2);
  provider.removeKey("first");
});

it("L13: while the provider is out of reach tokens that were seen go on, others are asked to come again", async () => {
  const tokens = tokensOf();
  const seen = await provider.token({ exp: seconds() + 1000 });
  const principal = await tokens.identify(seen);
  provider.answer = { status: 500, body: "" };
  wait(601_000);
  const fresh = await provider.token({ exp: seconds() + 300 });
  expect(await refusal(tokens, fresh)).toMatchObject({ code: Code.UNAVAILABLE, retryAfterMs: 2000 });
  expect(logger.lines).toMatchObject([{ level: 50, issuer: provider.issuer }]);
  expect(tokens.identify(seen)).toBe(principal);
});

it("L12: a provider in trouble is not asked for every stranger who names a key that is not known", async () => {
  const tokens = tokensOf();
  const known = await provider.token();
  await tokens.identify(known);
  await provider.addKey("unknown");
  const strange = await provider.token({}, {}, "unknown");
  provider.answer = { status: 500, body: "" };
  wait(11_000);
  const before = provider.asked.length;
  for (let i = 0; i < 20; i++) expect(await refusal(tokens, strange)).toMatchObject({ code: Code.UNAVAILABLE });
  expect(provider.asked.length - before).toBe(1);
  expect(await tokens.identify(await provider.token({ sub: "bob" }))).toMatchObject({ id: "sub:bob" });
  provider.answer = undefined;
  wait(10_000);
  expect(await tokens.identify(strange)).toMatchObject({ id: "sub:ann" });
});

it.each([
  ["does not answer as it should", 404, ""],
  ["answers with something else", 200, "<html>"],
  ["says nothing of its keys", 200, "{}"],
  ["calls itself otherwise", 200, '{"issuer":"https://example.org","jwks_uri":"https://example.org/keys"}'],
])(
  "L13: a provider that %s is told in the log at once, and nobody is let in until it does",
  async (_what, status, body) => {
    provider.answer = { status, body };
    const tokens = tokensOf();
    await tokens.warm();
    expect(logger.lines).toMatchObject([
      { level: 50, issuer: provider.issuer, why: expect.stringContaining(provider.issuer) },
    ]);
    const token = await provider.token();
    for (let i = 0; i < 5; i++) expect(await refusal(tokens, token)).toMatchObject({ code: Code.UNAVAILABLE });
    // It is left alone for a while.
    expect([provider.asked.length, logger.lines.length]).toEqual([1, 1]);
    provider.answer = undefined;
    wait(10_000);
    expect(await tokens.identify(token)).toMatchObject({ id: "sub:ann" });
  },
);

it("L12: keys that a provider has where anybody on the way could change them are not fetched", async () => {
  const keys = "http://keys.example.org/";
  provider.answer = { status: 200, body: JSON.stringify({ issuer: provider.issuer, jwks_uri: keys }) };
  const tokens = tokensOf();
  await tokens.warm();
  expect(logger.lines).toMatchObject([
    { level: 50, why: expect.stringMatching(/unencrypted.*MASKWIRE_OIDC_JWKS_URL/) },
  ]);
  expect(await refusal(tokens, await provider.token())).toMatchObject({ code: Code.UNAVAILABLE });
});

it("asks where the settings say for keys, and nowhere else", async () => {
  await tokensOf({ keysUrl: `${provider.issuer}/keys` }).identify(await provider.token());
  expect(provider.asked).toEqual(["/keys"]);
});
