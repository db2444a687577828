import { expect, it } from "vitest";
import { claimAt, scopesIn } from "./claims.js";

it("a claim is found by its name, or the path to it", () => {
  const payload = {
    tenant: "a",
    org: { name: "b", unit: { id: "c" } },
    "https://example.org/tenant": "d",
    "org.name": "e",
  };
  expect(claimAt(payload, "tenant")).toBe("a");
  expect(claimAt(payload, "org.unit.id")).toBe("c");
  expect(claimAt(payload, "https://example.org/tenant")).toBe("d");
  expect(claimAt(payload, "org.name")).toBe("e");
  for (const path of ["none", "org.none.id", "tenant.length", "constructor", "__proto__", "org.constructor.name", ""]) {
    expect(claimAt(payload, path), path).toBeUndefined();
  }
});

it.each([
  ["openid maskwire:segment upload", ["segment", "upload"]],
  [
    ["maskwire:everything", "segment", 7, null],
    ["segment", "everything"],
  ],
  ["admin", []],
  ["maskwire:admin", ["admin"]],
  ["peer maskwire:peer", []],
  ["maskwire:", []],
  ["Segment", []],
  ["", []],
  [undefined, []],
  [{ segment: true }, []],
])("of %j these are scopes here: %j", (claim, scopes) => {
  expect(scopesIn(claim)).toEqual(scopes);
});
