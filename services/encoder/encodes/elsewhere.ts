import { type EmbeddingRef, embeddingRef } from "../../inference/models/embedding-ref.js";
import type { EmbeddingStore } from "../../stores/embedding-store.js";
import type { Progress } from "./encode-flights.js";
import { readNews } from "./progress-news.js";
import { imageInfo } from "./ready.js";

/** What becomes of an encode at another encoder, by that one's news. Who can write to the cache has no say in what a draft is of. */
export class Elsewhere {
  readonly #embeddings: Pick<EmbeddingStore, "describe">;
  readonly #ref: EmbeddingRef;
  readonly #report: (progress: Progress) => void;
  #draft: Progress["draft"];
  #isOver = false;

  constructor(embeddings: Pick<EmbeddingStore, "describe">, ref: EmbeddingRef, report: (progress: Progress) => void) {
    this.#embeddings = embeddings;
    this.#ref = embeddingRef({ ...ref, draft: true });
    this.#report = report;
  }

  async hear(news: string | undefined): Promise<void> {
    const { progress, hasDraft } = readNews(news);
    this.#tell(progress);
    if (!hasDraft || this.#draft) return;
    const found = await this.#embeddings.describe(this.#ref).catch(() => undefined);
    if (!found) return;
    const { width, height, reading } = found;
    this.#draft = imageInfo(this.#ref.imageId, width, height, reading);
    this.#tell(progress);
  }

  /** It is waited for no longer. */
  end(): void {
    this.#isOver = true;
  }

  #tell(progress: Progress): void {
    if (!this.#isOver) this.#report(this.#draft ? { ...progress, draft: this.#draft } : progress);
  }
}
