import { LRUCache } from "lru-cache";
import { type Axes, comparable, type Product, principalAxes } from "../../sam/track/labels/axes.js";
import type { Tokens } from "../../sam/track/labels/tokens.js";
import type { OtherPicture } from "./decoder-tasks.js";

/** Of frames' cells along some axes: each is 0.6 MB, and in the memory of the frames behind it. */
const mostBytes = 32 * 1024 * 1024;
/** Axes are made of a frame that a person touched: few of them are in use at a time. */
const mostAxes = 16;

interface Making {
  product: Product;
  tokensOf: (picture: OtherPicture) => Tokens;
}

/** Frames of videos as they are compared with others, of the last few that were. */
export class ComparedFrames {
  readonly #isKept: (picture: OtherPicture) => boolean;
  readonly #axes = new LRUCache<string, Axes>({ max: mostAxes });
  readonly #cells = new LRUCache<string, Float32Array>({
    maxSize: mostBytes,
    sizeCalculation: ({ byteLength }) => byteLength,
  });

  /** @param isKept false for what was deleted since it came. */
  constructor(isKept: (picture: OtherPicture) => boolean) {
    this.#isKept = isKept;
  }

  /** A picture's cells along the axes of `reference`. @returns float32 [cells, count]. */
  async of(picture: OtherPicture, reference: OtherPicture, making: Making): Promise<Float32Array> {
    const key = `${picture.key} ${reference.key}`;
    const known = this.#cells.get(key);
    if (known) return known;
    const axes = await this.#axesOf(reference, making);
    const cells = await comparable(making.tokensOf(picture), axes, making.product);
    if (this.#isKept(picture) && this.#isKept(reference)) this.#cells.set(key, cells);
    return cells;
  }

  /** Drops what is made of pictures whose keys begin so. */
  forget(prefix: string): void {
    for (const key of [...this.#axes.keys()]) if (key.startsWith(prefix)) this.#axes.delete(key);
    for (const key of [...this.#cells.keys()]) {
      if (key.split(" ").some((one) => one.startsWith(prefix))) this.#cells.delete(key);
    }
  }

  async #axesOf(reference: OtherPicture, { product, tokensOf }: Making): Promise<Axes> {
    const known = this.#axes.get(reference.key);
    if (known) return known;
    const axes = await principalAxes(tokensOf(reference), product);
    if (this.#isKept(reference)) this.#axes.set(reference.key, axes);
    return axes;
  }
}
