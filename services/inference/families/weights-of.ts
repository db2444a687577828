import { createHash } from "node:crypto";
import type { ModelFile, ModelSpec } from "./model-spec.js";

export type GraphRole = "encoder" | "decoder";

/** Files of a model's memory, where it has one. */
export type MemoryRole = "memoryEncoder" | "memoryAttention" | "objectPointer" | "memoryConstants";

/** All that a graph is loaded from: its own file, then the weights beside it. @throws Error for one that the model does not have. */
export function graphFiles(
  { files, ...graphs }: Pick<ModelSpec, "files" | GraphRole>,
  role: GraphRole | MemoryRole,
): ModelFile[] {
  const [graph, data] = [role === "encoder" || role === "decoder" ? graphs[role] : files[role], files[`${role}Data`]];
  if (!graph) throw new Error(`The model has no file ${role}.`);
  return data ? [graph, data] : [graph];
}

/** What loading a graph as it was exported takes, about. */
export const bytesOfGraph = (model: Pick<ModelSpec, "files" | GraphRole>, role: GraphRole | MemoryRole): number =>
  graphFiles(model, role).reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * What tells the results of a model's graph from those of any other. Whatever is kept of these, or made of the graph, has it in
 * its key.
 */
export const weightsOf = (model: Pick<ModelSpec, "files" | GraphRole>, role: GraphRole): string =>
  digestOfAll(graphFiles(model, role));

/**
 * Hex SHA-256 of several files: of one its own. A graph whose weights lie beside it may be the same bytes as that of a model
 * with others.
 */
export function digestOfAll([one, ...more]: readonly ModelFile[]): string {
  if (!one) throw new Error("A digest of no files tells nothing.");
  if (more.length === 0) return one.sha256;
  const all = [one, ...more].map(({ sha256 }) => sha256).join(":");
  return createHash("sha256").update(all).digest("hex");
}
