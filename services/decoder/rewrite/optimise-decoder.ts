import "../../inference/models/no-telemetry.js";
import type { InferenceSession } from "onnxruntime-node";
import { UnknownGraphError } from "../../inference/onnx/unknown-graph-error.js";
import { checkParity, type ParityReport } from "./check-parity.js";
import { type RewrittenDecoder, rewriteDecoder } from "./rewrite-decoder.js";

/** What to serve: a rewritten decoder that passed parity here, or the stock graph and why. */
export type OptimisedDecoder =
  | { readonly kind: "rewritten"; readonly graphs: RewrittenDecoder; readonly parity: ParityReport }
  | { readonly kind: "stock"; readonly reason: string };

/**
 * Rewrites a decoder and proves it on this machine. Never throws for what a graph is: an unknown graph, one that does not
 * load and one that differs are all served as they are.
 *
 * @param stock an ONNX file
 * @param session options to serve with, so that what is proven is what is served
 */
export async function optimiseDecoder(
  stock: Uint8Array,
  session: InferenceSession.SessionOptions = {},
): Promise<OptimisedDecoder> {
  let graphs: RewrittenDecoder;
  try {
    graphs = rewriteDecoder(stock);
  } catch (error) {
    if (error instanceof UnknownGraphError) return { kind: "stock", reason: error.message };
    throw error;
  }
  const parity = await checkParity(stock, graphs, { session }).catch((error: unknown) => String(error));
  if (typeof parity === "string") return { kind: "stock", reason: `the rewritten decoder did not run: ${parity}` };
  if (!parity.passed) {
    const { maxLogitDifference: logits, maxScoreDifference: scores } = parity;
    return { kind: "stock", reason: `the rewritten decoder differs: logits by ${logits}, scores by ${scores}` };
  }
  return { kind: "rewritten", graphs, parity };
}
