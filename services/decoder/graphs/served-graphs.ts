import type { ModelSpec } from "../../inference/models/manifest.js";
import type { OnceStarted } from "../../inference/once-started.js";
import { Code, ServiceError } from "../../runtime/errors.js";
import type { DecoderFiles } from "./decoder-files.js";

type RewrittenFiles = Extract<DecoderFiles, { kind: "rewritten" }>;

/** What the workers run, by model id. */
export type ServedGraphs = OnceStarted<ReadonlyMap<string, DecoderFiles>>;

/** A model's graphs where they are worth handing out. @throws ServiceError UNAVAILABLE, FAILED_PRECONDITION. */
export function rewrittenGraphs(graphs: ServedGraphs, { id }: ModelSpec): RewrittenFiles {
  const files = graphs.get().get(id);
  if (files?.kind === "rewritten") return files;
  const message = "This decoder runs the stock export, which is too slow to be run in a browser.";
  throw new ServiceError({ code: Code.FAILED_PRECONDITION, message });
}
