import { GraphReader } from "../../inference/onnx/graph-reader.js";
import { findWeights } from "./find-weights.js";
import { prefixGraph } from "./prefix-graph.js";
import { stepGraph } from "./step-graph.js";

/** A decoder in two halves, as ONNX files. */
export interface RewrittenDecoder {
  /** Once an image; see `prefixGraph` for its input and outputs. */
  readonly prefix: Uint8Array;
  /** Once a prompt without a mask; see `stepGraph`. */
  readonly step: Uint8Array;
  /** Once a prompt with a mask. */
  readonly stepWithMask: Uint8Array;
}

/**
 * Rewrites a SAM decoder export into an exactly equivalent one that does once an image what depends on the image alone,
 * moves the cross attentions' projections from the image's cells to the prompt's tokens, and upscales by matrix products.
 * The graphs give every candidate mask and leave the choice among them to the caller. Pure, about half a second.
 *
 * Nothing here proves that the result is right: `checkParity` does.
 *
 * @param stock an ONNX file of opset 11 or later, in the form of Meta's exporter, weights inside
 * @throws UnknownGraphError saying what was looked for and not found
 */
export function rewriteDecoder(stock: Uint8Array): RewrittenDecoder {
  const weights = findWeights(GraphReader.parse(stock));
  return { prefix: prefixGraph(weights), step: stepGraph(weights, false), stepWithMask: stepGraph(weights, true) };
}
