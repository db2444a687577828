import { memoryFiles } from "../../services/decoder/graphs/memory-files.js";
import { loadMemoryGraphs } from "../../services/decoder/graphs/memory-graphs.js";
import type { ModelSpec } from "../../services/inference/families/model-spec.js";
import type { Models } from "../../services/inference/models/models.js";

/**
 * Loads a model's memory as it is served, where it has one: its graphs and constants are held against each other, and run once. No object
 * is followed. @throws ModelFileError that says what does not fit.
 */
export async function checkMemory(
  model: ModelSpec,
  models: Pick<Models, "verifiedGraph">,
  threads: number,
): Promise<void> {
  const files = await memoryFiles(model, models);
  if (files) await (await loadMemoryGraphs(model, files, threads)).release();
}
