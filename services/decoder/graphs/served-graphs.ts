import type { ModelSpec } from "../../inference/models/manifest.js";
import type { PreparedModels } from "../../inference/models/prepared-models.js";
import type { OnceStarted } from "../../inference/once-started.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import type { DecoderFiles } from "./decoder-files.js";

type RewrittenFiles = Extract<DecoderFiles, { kind: "rewritten" }>;

/** What the workers run. */
export type ServedGraphs = OnceStarted<{ models: Pick<PreparedModels<{ files: DecoderFiles }>, "get"> }>;

/** A model's graphs where they are worth handing out. @throws ServiceError UNAVAILABLE, FAILED_PRECONDITION. */
export async function rewrittenGraphs(graphs: ServedGraphs, model: ModelSpec): Promise<RewrittenFiles> {
  const { files } = await graphs.get().models.get(model);
  if (files.kind === "rewritten") return files;
  const message = "This decoder runs the stock export, which is too slow to be run in a browser.";
  throw new ServiceError({ code: Code.FAILED_PRECONDITION, message });
}
