import type { Region } from "../region.js";
import type { DetailLimits } from "./detail-limits.js";

/** Which parts of pictures a session, or a request by itself, has asked for: those that it comes back to cost nothing more. */
export class DetailParts {
  readonly #limits: DetailLimits;
  #picture = "";
  readonly #ofPicture = new Set<string>();
  #count = 0;

  constructor(limits: DetailLimits) {
    this.#limits = limits;
  }

  /** @returns false when it may ask for no more. */
  take({ imageId, model }: { imageId: string; model: string }, { x, y, width, height }: Region): boolean {
    const picture = `${imageId} ${model}`;
    if (picture !== this.#picture) {
      this.#picture = picture;
      this.#ofPicture.clear();
    }
    const part = `${x},${y},${width},${height}`;
    if (this.#ofPicture.has(part)) return true;
    const { perPicture, perSession } = this.#limits;
    if (this.#ofPicture.size >= perPicture || this.#count >= perSession) return false;
    this.#ofPicture.add(part);
    this.#count++;
    return true;
  }
}
