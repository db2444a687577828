import type { DecodedMask } from "../decoder-tasks.js";
import { boxIou, boxNms } from "./box-nms.js";
import type { GridPoint } from "./point-grid.js";

/** A mask that was found, with the point that found it. */
export interface Finding {
  id: number;
  mask: DecodedMask;
  point: GridPoint;
}

export interface LedgerChange {
  found: Finding[];
  /** Ids that were told as found and are not kept any more. */
  retracted: number[];
}

interface Entry extends Finding {
  box: DecodedMask["box"];
  score: number;
}

/**
 * Every mask found so far and which of them are shown. While masks come in, a better one replaces those that its box
 * overlaps; at the end the shown ones are brought to what suppression over all of them keeps, which does not depend on the
 * order in which they came.
 */
export class Ledger {
  readonly #threshold: number;
  readonly #all: Entry[] = [];
  readonly #shown = new Map<number, Entry>();

  /** @param threshold box IoU above which two masks are taken for one. */
  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  get shown(): number {
    return this.#shown.size;
  }

  /** @returns what changes in what is shown, and how many of the masks resembled none that was shown before. */
  add(point: GridPoint, masks: DecodedMask[]): LedgerChange & { newMasks: number } {
    const change: LedgerChange = { found: [], retracted: [] };
    let newMasks = 0;
    for (const mask of masks) {
      const entry: Entry = { id: this.#all.length + 1, mask, point, box: mask.box, score: mask.predictedIou };
      this.#all.push(entry);
      const rivals = [...this.#shown.values()].filter(({ box }) => boxIou(box, entry.box) > this.#threshold);
      if (rivals.length === 0) newMasks++;
      if (rivals.some((rival) => rival.score >= entry.score)) continue;
      for (const { id } of rivals) this.#shown.delete(id);
      change.retracted.push(...rivals.map(({ id }) => id));
      this.#shown.set(entry.id, entry);
      change.found.push(entry);
    }
    return { ...change, newMasks };
  }

  /** Brings what is shown to the final result. */
  settle(): LedgerChange {
    const kept = new Map(boxNms(this.#all, this.#threshold).map((entry) => [entry.id, entry]));
    const retracted = [...this.#shown.keys()].filter((id) => !kept.has(id));
    const found = [...kept.values()].filter(({ id }) => !this.#shown.has(id));
    for (const id of retracted) this.#shown.delete(id);
    for (const entry of found) this.#shown.set(entry.id, entry);
    return { found, retracted };
  }
}
