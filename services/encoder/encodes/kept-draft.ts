import { type EmbeddingRef, embeddingRef } from "../../inference/models/embedding-ref.js";
import type { EmbeddingStore } from "../../stores/embedding-store.js";

interface KeptDraftOptions {
  embeddings: Pick<EmbeddingStore, "set" | "delete">;
  /** The embedding that it goes before. */
  ref: EmbeddingRef;
  /** For whom it is made. */
  owner: string | undefined;
}

/** An encode's draft in the store: from when it is made until its embedding is there, or will not be. */
export class KeptDraft {
  readonly #options: KeptDraftOptions;
  readonly #ref: EmbeddingRef;
  #keeping: Promise<unknown> | undefined;
  #isOver = false;

  constructor(options: KeptDraftOptions) {
    this.#options = options;
    this.#ref = embeddingRef({ ...options.ref, draft: true });
  }

  /** @returns whether it is of use to everybody, and not over by now. */
  async keep(record: Uint8Array): Promise<boolean> {
    if (this.#isOver) return false;
    const keeping = this.#options.embeddings.set(this.#ref, record, this.#options.owner);
    this.#keeping = keeping;
    return (await keeping) === "shared" && !this.#isOver;
  }

  /** Resolves when it is nowhere any more. Safe to call twice. */
  async drop(): Promise<void> {
    this.#isOver = true;
    if (!this.#keeping) return;
    await this.#keeping;
    await this.#options.embeddings.delete(this.#ref);
  }
}
