import { describe, expect, it } from "vitest";
import { peerVariables, roleOf, roles, tierNames, tiers } from "./roles.js";

describe.each(tierNames)("the tier %s", (name) => {
  const { settings, peers, mayCall, port } = tiers[name];

  it("is a role of its own", () => {
    expect(roles).toContain(name);
    expect(roleOf(name)).toMatchObject({ tiers: [name], port });
  });

  it("calls tiers that there are, each by a variable of its own", () => {
    for (const [peer, variable] of Object.entries({ ...peers, ...mayCall })) {
      expect(tierNames).toContain(peer);
      // Who asks as a gateway does finds the others as gateways do.
      expect(Object.keys({ ...settings.variables, ...tiers.gateway.settings.variables })).toContain(variable);
    }
    expect(peerVariables(name)).toEqual(Object.values(peers));
  });

  it("is loaded by itself", async () => {
    expect(await tiers[name].load()).toBeTypeOf("function");
  });
});

it("all of them in one process need to be told of none", () => {
  expect(roleOf("all").tiers).toEqual(tierNames);
  expect(peerVariables("all")).toEqual([]);
});

it("no two tiers listen on one port of a machine", () => {
  const ports = tierNames.map((name) => tiers[name].port);
  expect(new Set(ports).size).toBe(ports.length);
});
