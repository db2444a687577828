import { expect, it } from "vitest";
import { hostOf, isAddressOrLocalhost, isLoopback } from "./host-of.js";

it.each([
  ["LOCALHOST:8080", "localhost"],
  ["example.org.", "example.org"],
  ["bücher.example:1", "xn--bcher-kva.example"],
  ["[::1]:8080", "::1"],
  ["[0:0:0:0:0:0:0:1]", "::1"],
  ["127.1", "127.0.0.1"],
  ["", undefined],
  ["a b", undefined],
  ["user@localhost", undefined],
  ["localhost/x", undefined],
  ["localhost\\x", undefined],
  ["localhost:port", undefined],
  ["::1", undefined],
])("reads the host of %j as %s", (authority, host) => {
  expect(hostOf(authority)).toBe(host);
});

it.each([
  ["127.0.0.1", true],
  ["203.0.113.7", true],
  ["::1", true],
  ["localhost", true],
  ["app.localhost", true],
  ["notlocalhost", false],
  ["localhost.attacker.example", false],
  ["127.0.0.1.attacker.example", false],
])("knows whether %s comes from nobody's DNS: %s", (host, known) => {
  expect(isAddressOrLocalhost(host)).toBe(known);
});

it.each([
  ["127.0.0.1", true],
  ["127.8.8.8", true],
  ["::1", true],
  ["localhost", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.1", false],
  ["gateway", false],
])("knows whether %s is this machine's alone: %s", (host, own) => {
  expect(isLoopback(host)).toBe(own);
});
