import type { PromptTokens } from "../prompts/prompt-tokens.js";
import type { Candidates } from "./candidates.js";

/**
 * What the latest preview of a picture has found. A click is mostly made where the pointer has come to rest: it asks what the
 * preview there has asked, and needs no second run.
 */
export class LatestPreview {
  #found: { readonly tokens: PromptTokens; readonly candidates: Candidates } | undefined;

  keep(tokens: PromptTokens, candidates: Candidates): void {
    this.#found = { tokens, candidates };
  }

  /** @returns the candidates of this prompt; undefined when the preview was of another. */
  of({ coords, labels }: PromptTokens): Candidates | undefined {
    const found = this.#found;
    if (found === undefined || !isSame(found.tokens.coords, coords)) return undefined;
    return isSame(found.tokens.labels, labels) ? found.candidates : undefined;
  }
}

function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}
