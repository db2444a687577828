import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { projectRoot } from "../../services/runtime/project-root.js";
import { findKustomize } from "../support/programs.js";

/** An object as it would be sent to a cluster. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  spec?: Record<string, unknown>;
  data?: Record<string, string>;
}

export const kubernetesFolder = join(projectRoot, "deploy", "kubernetes");

/** What can be applied as it is: the folders that README and OPERATIONS.md name. */
export const applicable = ["overlays/cpu", "overlays/gpu", "overlays/production"];

/** Renders a folder with Kustomize. @throws Error with what it said, or when there is no Kustomize. */
export function render(folder: string): KubernetesObject[] {
  const [program, ...args] = findKustomize() ?? [];
  if (!program) throw new Error("no kubectl with Kustomize 4 is installed");
  const { status, stdout, stderr } = spawnSync(program, [...args, folder], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${folder} cannot be rendered: ${stderr}`);
  return parseAllDocuments(stdout).map((document) => document.toJS() as KubernetesObject);
}

export function ofKind(objects: KubernetesObject[], kind: string): KubernetesObject[] {
  return objects.filter((one) => one.kind === kind);
}
