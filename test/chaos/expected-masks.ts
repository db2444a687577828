import type { SegmentResult } from "../../proto/index.js";
import type { MaskOracle } from "./wire-log.js";

/** The masks of every request that people make, learnt from a run that nothing disturbs. Compared to the last bit. */
export class ExpectedMasks implements MaskOracle {
  readonly #known = new Map<string, string>();
  #isLearning = true;

  get count(): number {
    return this.#known.size;
  }

  /** From now on an answer that was not learnt is a wrong one. */
  close(): void {
    this.#isLearning = false;
  }

  check(key: string, result: SegmentResult): string | undefined {
    const masks = bitsOf(result);
    const known = this.#known.get(key);
    if (known === undefined && this.#isLearning) {
      this.#known.set(key, masks);
      return undefined;
    }
    if (known === undefined) return `nobody has asked this undisturbed: ${key}`;
    return known === masks ? undefined : `the masks differ from the undisturbed ones: ${key}`;
  }
}

/** Every candidate in its order: run lengths in COCO's canonical form, so equal text is equal bits. */
function bitsOf({ masks }: SegmentResult): string {
  return JSON.stringify(masks.map(({ rle, area, bbox }) => [rle?.size, rle?.counts, area, bbox && { ...bbox }]));
}
