import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readEnv } from "../runtime/settings/read-env.js";
import { SettingsError } from "../runtime/settings/settings-error.js";
import { shape, variables } from "./settings.js";

const folder = mkdtempSync(join(tmpdir(), "access-"));
const keyFile = join(folder, "keys.json");
writeFileSync(keyFile, '{"keys":[]}');
afterAll(() => rmSync(folder, { recursive: true }));

const shaped = (host: string, env: Record<string, string> = {}, requiresCertificates = false) =>
  shape(readEnv(variables, env), { host, requiresCertificates, hasOtherGateways: false });
const network = ["0.0.0.0", "::", "10.0.0.1", "2001:db8::1", "example.org", "::ffff:10.0.0.1", "localhost.example.org"];

it.each(network)("L10: nothing listens on %s for everybody, unless that is said aloud", (host) => {
  expect(() => shaped(host)).toThrow(SettingsError);
  expect(() => shaped(host)).toThrow(/MASKWIRE_AUTH_FILE.*MASKWIRE_AUTH=none/);
  expect(shaped(host, { MASKWIRE_AUTH: "none" }).isOpenToNetwork).toBe(true);
  expect(shaped(host, { MASKWIRE_AUTH_FILE: keyFile }).isOpenToNetwork).toBe(false);
  expect(shaped(host, {}, true).isOpenToNetwork).toBe(false);
});

it.each(["127.0.0.1", "127.0.0.2", "::1", "localhost", "::ffff:127.0.0.1"])(
  "L10: on %s nothing needs to be said",
  (host) => {
    expect(shaped(host).isOpenToNetwork).toBe(false);
    expect(shaped(host, { MASKWIRE_AUTH: "none" }).isOpenToNetwork).toBe(false);
  },
);

it("keys and none of them contradict each other", () => {
  expect(() => shaped("::", { MASKWIRE_AUTH: "none", MASKWIRE_AUTH_FILE: keyFile })).toThrow(/contradict/);
});

it("a file that cannot be used is named, with what is wrong with it", () => {
  const wrong = join(folder, "wrong.json");
  writeFileSync(wrong, '{"keys":[{"id":"ci"}]}');
  expect(() => readEnv(variables, { MASKWIRE_AUTH_FILE: wrong })).toThrow(
    /^MASKWIRE_AUTH_FILE is ".*"; expected the path of a file of keys.*\(entry 1 \("ci"\): expected of "sha256" 64 hex digits\)\.$/,
  );
  expect(() => readEnv(variables, { MASKWIRE_AUTH_FILE: join(folder, "none") })).toThrow(/it cannot be read/);
});

const issuer = "https://login.example.org/realms/us";

it("L10: tokens of a provider are enough to listen for others", () => {
  const env = { MASKWIRE_OIDC_ISSUER: issuer, MASKWIRE_OIDC_AUDIENCE: "maskwire" };
  expect(shaped("0.0.0.0", env).tokens).toEqual({
    issuer,
    audience: "maskwire",
    keysUrl: undefined,
    tenantClaim: "tenant",
    scopeClaim: "scope",
    defaultScopes: [],
  });
  expect(() => shaped("::", { ...env, MASKWIRE_AUTH: "none" })).toThrow(/MASKWIRE_OIDC_ISSUER contradict/);
});

it("a page sends people to the provider where it has a name there", () => {
  const env = { MASKWIRE_OIDC_ISSUER: issuer, MASKWIRE_OIDC_AUDIENCE: "maskwire" };
  expect(shaped("::", env).oidc).toBeUndefined();
  const page = { clientId: "page", scope: "openid", audience: "maskwire" };
  expect(shaped("::", { ...env, MASKWIRE_OIDC_CLIENT_ID: "page" }).oidc).toEqual({ issuer, ...page });
});

it("of a provider nothing may be missing", () => {
  expect(() => shaped("::1", { MASKWIRE_OIDC_ISSUER: issuer })).toThrow(/needs MASKWIRE_OIDC_AUDIENCE/);
  expect(() => shaped("::1", { MASKWIRE_OIDC_AUDIENCE: "maskwire" })).toThrow(/AUDIENCE needs MASKWIRE_OIDC_ISSUER/);
});

it.each([
  "http://example.org",
  "http://10.0.0.1",
  "login.example.org",
  "https://a:b@example.org",
  "https://example.org/?x",
  "ftp://x",
])("what %s signs is not believed", (url) => {
  expect(() => readEnv(variables, { MASKWIRE_OIDC_ISSUER: url })).toThrow(/by https, or by http on this machine/);
});

it("a provider on this machine need not be encrypted", () => {
  for (const url of ["http://localhost:3000", "http://127.0.0.1:3000/", "http://[::1]:3000"]) {
    expect(readEnv(variables, { MASKWIRE_OIDC_ISSUER: url })).toEqual({ MASKWIRE_OIDC_ISSUER: url });
  }
});

it("no token is a gateway's", () => {
  expect(() => readEnv(variables, { MASKWIRE_OIDC_DEFAULT_SCOPES: "segment,peer" })).toThrow(/some of segment/);
  expect(readEnv(variables, { MASKWIRE_OIDC_DEFAULT_SCOPES: "segment, upload" })).toEqual({
    MASKWIRE_OIDC_DEFAULT_SCOPES: ["segment", "upload"],
  });
});
