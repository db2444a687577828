import type { PromptTokens } from "../prompts/prompt-tokens.js";

/** Candidate masks of one prompt. */
export interface Candidates {
  /** float32 [count, gridSize, gridSize]. */
  logits: Float32Array;
  /** float32 [count]: the model's own estimate of each mask's IoU. */
  predictedIou: Float32Array;
  count: number;
}

/** A decoder as the worker runs it, whatever the shape of its graph. */
export interface DecoderGraph<Prepared = unknown> {
  /** "stock": the export as it is. "rewritten": our exact, faster form of it. */
  readonly kind: "stock" | "rewritten";
  /** Bytes that one prepared embedding keeps. */
  readonly preparedBytes: number;
  /** Everything that depends on the picture alone. @param tensors float32, as the manifest's embedding tensors. */
  prepare(tensors: Float32Array[]): Promise<Prepared>;
  /** @param maskLogits float32 [gridSize, gridSize], a mask to start from. */
  decode(prepared: Prepared, tokens: PromptTokens, maskLogits: Float32Array | undefined): Promise<Candidates>;
}
