import { LRUCache } from "lru-cache";
import type { LowResLogits } from "../../../proto/index.js";

/** Each has an eighth of a megabyte: ten in all. */
const mostPictures = 20;
const mostOfPicture = 4;

/** Logits of earlier answers, by the picture and by what was asked for them. */
export class KeptLogits {
  readonly #pictures = new LRUCache<string, Map<string, { parts: ReadonlySet<string>; logits: LowResLogits }>>({
    max: mostPictures,
  });

  /** @param parts of the prompt, each as text. */
  keep(picture: string, parts: readonly string[], logits: LowResLogits): void {
    const kept = this.#pictures.get(picture) ?? new Map();
    const key = [...parts].sort().join();
    kept.delete(key);
    kept.set(key, { parts: new Set(parts), logits });
    const [oldest = ""] = kept.keys();
    if (kept.size > mostOfPicture) kept.delete(oldest);
    this.#pictures.set(picture, kept);
  }

  /** Of the largest earlier prompt that is a part of this one, and less than all of it. */
  before(picture: string, parts: readonly string[]): LowResLogits | undefined {
    const all = new Set(parts);
    const kept = [...(this.#pictures.get(picture)?.values() ?? [])];
    const [best] = kept
      .filter((one) => one.parts.size < all.size && [...one.parts].every((part) => all.has(part)))
      .sort((a, b) => b.parts.size - a.parts.size);
    return best?.logits;
  }

  /** Of the latest prompt. */
  latest(picture: string): LowResLogits | undefined {
    return [...(this.#pictures.get(picture)?.values() ?? [])].at(-1)?.logits;
  }
}
