import type { ProcessMemory } from "../../services/runtime/limits/process-memory.js";

const MiB = 1024 * 1024;
const units: Record<string, number> = { m: MiB, Mi: MiB, g: 1024 * MiB, Gi: 1024 * MiB };

/** What a process finds in a container with that limit: V8 takes half of it, up to 2 GiB, where no option says less. */
export function memoryOf(limit: string, env: Record<string, string>): ProcessMemory {
  const [, count = "", unit = ""] = /^(\d+)(Mi|Gi|m|g)$/.exec(limit) ?? [];
  if (!count) throw new Error(`"${limit}" is no limit of a container's memory.`);
  const limitBytes = Number(count) * (units[unit] as number);
  const [, option] = /--max-old-space-size=(\d+)/.exec(env.NODE_OPTIONS ?? "") ?? [];
  return { limitBytes, heapLimitBytes: option ? Number(option) * MiB : Math.min(limitBytes / 2, 2048 * MiB) };
}
