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
