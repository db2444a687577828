import { describe, expect, it } from "vitest";
import { readEnv } from "../../services/runtime/settings/read-env.js";
import { variables } from "../settings.js";
import { ListedOrigins } from "./listed-origins.js";

it.each<[string, string, boolean]>([
  ["https://app.example.org", "https://app.example.org", true],
  ["HTTPS://App.Example.org:443", "https://app.example.org", true],
  ["https://app.example.org", "http://app.example.org", false],
  ["https://app.example.org", "https://app.example.org:8443", false],
  ["https://app.example.org", "https://app.example.org.attacker.example", false],
  ["https://app.example.org", "https://xapp.example.org", false],
  ["https://app.example.org", "null", false],
  ["http://localhost:3000", "http://localhost:3000", true],
  ["https://*.example.org", "https://app.example.org", true],
  ["https://*.example.org", "https://example.org", false],
  ["https://*.example.org", "https://a.b.example.org", false],
  ["https://*.example.org", "https://appexample.org", false],
  ["https://*.example.org:8443", "https://app.example.org:8443", true],
  ["https://*.example.org", "http://app.example.org", false],
])("W2: with %s listed, %s is: %s", (listed, origin, has) => {
  expect(new ListedOrigins([listed]).has(origin)).toBe(has);
});

describe("MASKWIRE_ORIGINS", () => {
  const read = (text: string) => readEnv(variables, { MASKWIRE_ORIGINS: text }).MASKWIRE_ORIGINS;

  it("takes several", () => {
    expect(read("https://a.example, http://*.b.example:81")).toEqual(["https://a.example", "http://*.b.example:81"]);
  });

  it.each([
    "*",
    "null",
    "a.example",
    "https://a.example/",
    "https://*",
    "https://a.*.example",
    "ftp://a.example",
    "https://u@a.example",
  ])("does not take %s", (text) => {
    expect(() => read(text)).toThrow(/MASKWIRE_ORIGINS.*https:\/\/app\.example\.org/s);
  });
});
