import type { Candidates } from "../../sam/masks/candidates.js";
import type { PromptTokens } from "../../sam/prompts/prompt-tokens.js";

/**
 * How many cores one run takes. `wide`: all of them, for a person who waits alone. `narrow`: one, which answers more
 * prompts a second when many wait.
 */
export type Width = "wide" | "narrow";

/** A decoder as the worker runs it, whatever the shape of its graph. */
export interface DecoderGraph<Prepared = unknown> {
  /** "stock": the export as it is. "rewritten": our exact, faster form of it. */
  readonly kind: "stock" | "rewritten";
  /** Bytes that one prepared embedding keeps. */
  readonly preparedBytes: number;
  /** Everything that depends on the picture alone. @param tensors float32, as the manifest's embedding tensors. */
  prepare(tensors: Float32Array[], width: Width): Promise<Prepared>;
  /**
   * @param prompts one or more with the same number of tokens; they share a run.
   * @param maskLogits float32 [gridSize, gridSize], a mask to start from; for a single prompt.
   * @returns the candidates of each prompt.
   */
  decode(
    prepared: Prepared,
    prompts: PromptTokens[],
    maskLogits: Float32Array | undefined,
    width: Width,
  ): Promise<Candidates[]>;
}
