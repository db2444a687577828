import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { projectRoot } from "../../../services/runtime/project-root.js";
import { memoryOf } from "../../deploy/container-memory.js";

export type Role = "gateway" | "encoder" | "decoder";

/** What a process may take where it is deployed. */
export interface ProcessLimits {
  memoryMiB: number;
  heapMiB: number;
}

interface Deployment {
  kind: string;
  spec: {
    template: {
      spec: { containers: { env: { name: string; value?: string }[]; resources: { limits: { memory: string } } }[] };
    };
  };
}

const MiB = 1024 * 1024;

/** A role's limits as its Kubernetes manifest gives them. @throws Error when the manifest has none. */
export function limitsOf(role: Role): ProcessLimits {
  const file = join(projectRoot, "deploy", "kubernetes", "base", `${role}.yaml`);
  const documents = parseAllDocuments(readFileSync(file, "utf8")).map((document) => document.toJS() as Deployment);
  const container = documents.find(({ kind }) => kind === "Deployment")?.spec.template.spec.containers[0];
  if (!container) throw new Error(`${role}.yaml deploys no container`);
  const env = Object.fromEntries(container.env.map(({ name, value = "" }) => [name, value]));
  const { limitBytes, heapLimitBytes } = memoryOf(container.resources.limits.memory, env);
  return { memoryMiB: limitBytes / MiB, heapMiB: heapLimitBytes / MiB };
}

/** One process with every tier has no manifest: what the three may take together. */
export function limitsTogether(): ProcessLimits {
  const each = (["gateway", "encoder", "decoder"] as const).map(limitsOf);
  const sum = (key: keyof ProcessLimits) => each.reduce((total, limits) => total + limits[key], 0);
  return { memoryMiB: sum("memoryMiB"), heapMiB: sum("heapMiB") };
}
