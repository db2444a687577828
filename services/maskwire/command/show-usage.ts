import type { QuotaUsage } from "../../runtime/callers/quota.js";
import { usageError } from "./command-error.js";
import type { Usage } from "./gateway-client.js";
import { type GatewayOptions, withGateway } from "./with-gateway.js";

export interface UsageOptions extends Pick<GatewayOptions, "url" | "json" | "keyFile"> {
  tenant?: string;
}

/** `maskwire usage`: what is used of the limits of who asks, or of a tenant's. @throws CommandError with the sentence to end with. */
export async function showUsage(options: UsageOptions): Promise<void> {
  if (!options.url) throw usageError("Say with --url, or MASKWIRE_URL, which gateway counts.");
  const usage = await withGateway(options, (client) => client.usage(options.tenant));
  process.stdout.write(options.json ? `${JSON.stringify(usage)}\n` : usageAsText(usage));
}

/** A line a limit. */
export function usageAsText(usage: Usage): string {
  if ("limits" in usage) return linesOf(usage.limits).join("");
  return usage.principals
    .map(({ principal, limits }) => [`${principal ?? "all together"}\n`, ...linesOf(limits, "  ")].join(""))
    .join("");
}

function linesOf(limits: readonly QuotaUsage[], indent = ""): string[] {
  if (limits.length === 0) return [`${indent}no limits\n`];
  const rows = limits.map(({ name, of, window, used, limit, resetsAt }) => [
    of === "tenant" ? `${name} (all of the tenant)` : name,
    `${used} of ${limit}`,
    window === null ? "at once" : `in ${window} s`,
    resetsAt === null ? "" : `until ${resetsAt}`,
  ]);
  const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const lineOf = (row: string[]) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ");
  return rows.map((row) => `${indent}${lineOf(row).trimEnd()}\n`);
}
