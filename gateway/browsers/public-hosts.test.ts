import { expect, it } from "vitest";
import { PublicHosts } from "./public-hosts.js";

it.each<[string[], string, string, boolean]>([
  [[], "127.0.0.1", "127.0.0.1:8080", true],
  [[], "127.0.0.1", "localhost:8080", true],
  [[], "127.0.0.1", "[::1]:8080", true],
  // A browser that names an address has been told by no DNS where it is.
  [[], "0.0.0.0", "192.168.1.5:8080", true],
  [[], "127.0.0.1", "attacker.example:8080", false],
  [[], "0.0.0.0", "attacker.example", false],
  [[], "0.0.0.0", "localhost.attacker.example", false],
  [[], "sam.example.org", "SAM.example.org.:8080", true],
  [["sam.example.org"], "0.0.0.0", "sam.example.org", true],
  [["sam.example.org"], "0.0.0.0", "www.sam.example.org", false],
  [["*.example.org"], "0.0.0.0", "a.b.example.org:80", true],
  [["*.example.org"], "0.0.0.0", "example.org", false],
  [["*"], "0.0.0.0", "attacker.example", true],
  [["*"], "0.0.0.0", "not a host", false],
])("W1: with %j, listening at %s, is asked by the name %s: %s", (listed, listensAt, authority, has) => {
  expect(new PublicHosts(listed, listensAt).has(authority)).toBe(has);
});
