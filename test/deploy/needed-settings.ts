import { type Role, roleOf, tiers } from "../../services/maskwire/roles.js";

/** The variables without which a process of that role does not start, with values as in a cluster. */
export function neededSettings(role: Role): Record<string, string> {
  const peers = role === "all" ? {} : tiers[role].peers;
  const addresses = Object.entries(peers).map(([peer, variable]) => [
    variable,
    `${peer}:${tiers[peer as keyof typeof tiers].port}`,
  ]);
  return {
    MASKWIRE_ROLE: role,
    ...(roleOf(role).hereToo && role !== "all" ? { MASKWIRE_CACHE_URL: "redis://cache:6379" } : {}),
    ...Object.fromEntries(addresses),
  };
}
