import { createSession } from "../../runtime/models/create-session.js";
import type { ModelSpec } from "../../runtime/models/manifest.js";
import type { DecoderGraph } from "./decoder-graph.js";
import { stockGraph } from "./stock-graph.js";

/** The decoder of a model, ready to run on the CPU. */
export async function loadDecoderGraph(model: ModelSpec, path: string, threads: number): Promise<DecoderGraph> {
  const { session } = await createSession(path, { providers: ["cpu"], threads });
  return stockGraph(session, model.encoder.outputs[0]?.dims ?? []) as DecoderGraph;
}
