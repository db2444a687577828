import type { PromptTokens } from "../prompts/prompt-tokens.js";
import type { Candidates } from "./candidates.js";

/**
 * What the latest preview of a picture has found. A click is mostly made where the pointer has come to rest, and always where it
 * was pressed: unless another preview of the picture has come in between, it asks the same, and needs no second run
 * where that was run.
 */
export class LatestPreview {
  #tokens: PromptTokens | undefined;
  #start: Float32Array | undefined;
  #candidates: Candidates | undefined;

  /** @param start float32 [gridSize, gridSize]: the logits that the prompt starts from, if it does. None of it is changed later. */
  keep(tokens: PromptTokens, start: Float32Array | undefined, candidates: Candidates): void {
    this.#tokens = tokens;
    this.#start = start;
    this.#candidates = candidates;
  }

  /** @returns the candidates of this prompt; undefined when the preview was of another. */
  of({ coords, labels, box }: PromptTokens, start: Float32Array | undefined): Candidates | undefined {
    const isKnown =
      isSame(this.#tokens?.coords, coords) &&
      isSame(this.#tokens?.labels, labels) &&
      isSame(this.#tokens?.box, box) &&
      isSame(this.#start, start);
    return isKnown ? this.#candidates : undefined;
  }
}

function isSame(a: Float32Array | undefined, b: Float32Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((value, at) => value === b[at]);
}
