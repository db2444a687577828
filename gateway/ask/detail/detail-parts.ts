import type { DetailLimits } from "../ask/detail/detail-limits.js";
import type { Region } from "../ask/region.js";

/** Which parts a session has asked for: those it comes back to cost nothing more. */
export class DetailParts {
  readonly #limits: DetailLimits;
  #picture = "";
  readonly #ofPicture = new Set<string>();
  #count = 0;

  constructor(limits: DetailLimits) {
    this.#limits = limits;
  }

  /** @param picture what tells pictures apart. @returns false when it may ask for no more. */
  take(picture: string, { x, y, width, height }: Region): boolean {
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
