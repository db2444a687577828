import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Authority } from "../testing/authority.js";
import { readCertificate } from "./certificate.js";

const authority = new Authority();
const good = authority.issue("good");
const other = authority.issue("other");
const expired = authority.issue("expired", "DNS:localhost", -1);

afterAll(() => authority[Symbol.dispose]());

const named = (variable: string, path: string) => ({ variable, path });
const pair = (cert: string, key: string) => ({
  cert: named("MASKWIRE_TLS_CERT_FILE", cert),
  key: named("MASKWIRE_TLS_KEY_FILE", key),
});

function fileWith(name: string, text: string): string {
  const path = join(authority.folder, name);
  writeFileSync(path, text);
  return path;
}

const problem = (files: Parameters<typeof readCertificate>[0]): string => {
  try {
    readCertificate(files, Date.now());
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};

describe("T4: a certificate that cannot be used is refused with the variable and a sentence", () => {
  it.each([
    [
      "missing",
      pair(join(authority.folder, "none.crt"), good.key),
      /^MASKWIRE_TLS_CERT_FILE is ".*": there is no such file/,
    ],
    ["a folder", pair(authority.folder, good.key), /^MASKWIRE_TLS_CERT_FILE is ".*": it cannot be read/],
    ["a key in its place", pair(good.key, good.key), /^MASKWIRE_TLS_CERT_FILE is ".*": there is no certificate/],
    [
      "damaged",
      pair(fileWith("damaged.crt", certificateOf("AAAA")), good.key),
      /^MASKWIRE_TLS_CERT_FILE .* is damaged\.$/,
    ],
    [
      "over",
      pair(expired.cert, expired.key),
      /^MASKWIRE_TLS_CERT_FILE is ".*": what is in it ended on \d{4}-\d\d-\d\d;/,
    ],
    ["of another key", pair(good.cert, other.key), /^MASKWIRE_TLS_KEY_FILE .* not that of .* MASKWIRE_TLS_CERT_FILE;/],
    ["without a key", pair(good.cert, good.cert), /^MASKWIRE_TLS_KEY_FILE .* no private key/],
  ])("%s", (_name, files, sentence) => {
    const said = problem(files);
    expect(said).toMatch(sentence);
    expect(said).not.toContain("\n");
  });

  it("unreadable", () => {
    // Of a file without rights root would read on.
    const path = dirname(fileWith("secret.key", "secret"));
    expect(problem(pair(good.cert, path))).toMatch(/^MASKWIRE_TLS_KEY_FILE is ".*": it cannot be read/);
  });
});

it("says when each file's certificates end: a chain with its first, authorities with their last", () => {
  const brief = authority.issue("brief", "DNS:localhost", 3);
  const chain = fileWith("chain.crt", [good.cert, brief.cert].map(readText).join(""));
  const roots = fileWith("roots.crt", [expired.cert, brief.cert].map(readText).join(""));
  const { expiries } = readCertificate({ ...pair(chain, good.key), ca: named("CA", roots) }, Date.now());
  const days = [...expiries].map(([path, at]) => [path, Math.round((at - Date.now()) / 86_400_000)]);
  expect(days).toEqual([
    [chain, 3],
    [roots, 3],
  ]);
});

function certificateOf(base64: string): string {
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}

function readText(path: string): string {
  return readFileSync(path, "utf8");
}
