import type { DecodedMask } from "../../sam/masks/decoded-mask.js";
import { boxNms, isDuplicate } from "./box-nms.js";
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
  counts: string;
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

  readonly #nextId: () => number;

  /**
   * @param threshold box IoU above which two masks are taken for one.
   * @param nextId numbers the masks; ledgers of one picture share it.
   */
  constructor(threshold: number, nextId: () => number = counter()) {
    this.#threshold = threshold;
    this.#nextId = nextId;
  }

  /** What is shown now. */
  get findings(): Finding[] {
    return [...this.#shown.values()];
  }

  get shown(): number {
    return this.#shown.size;
  }

  /** @returns what changes in what is shown, and how many of the masks resembled none that was shown before. */
  add(point: GridPoint, masks: DecodedMask[]): LedgerChange & { newMasks: number } {
    const change: LedgerChange = { found: [], retracted: [] };
    let newMasks = 0;
    for (const mask of masks) {
      const entry: Entry = {
        id: this.#nextId(),
        mask,
        point,
        box: mask.box,
        counts: mask.counts,
        score: mask.predictedIou,
      };
      this.#all.push(entry);
      const rivals = [...this.#shown.values()].filter((shown) => isDuplicate(shown, entry, this.#threshold));
      if (rivals.length === 0) newMasks++;
      if (rivals.some((rival) => rival.score >= entry.score)) continue;
      for (const { id } of rivals) this.#shown.delete(id);
      // One of this very change has not been told yet: it is left out.
      const fresh = new Set(change.found.map(({ id }) => id));
      change.retracted.push(...rivals.map(({ id }) => id).filter((id) => !fresh.has(id)));
      change.found = [...change.found.filter(({ id }) => this.#shown.has(id)), entry];
      this.#shown.set(entry.id, entry);
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

/** 1, 2, 3, ... */
export function counter(): () => number {
  let last = 0;
  return () => ++last;
}

/**
 * Of masks that overlap and were found in different parts of the picture the smaller part's is kept: it was looked at more
 * closely (`SamAutomaticMaskGenerator._generate_masks`).
 * @param parts the findings of each part with the part's area in pixels.
 * @returns ids of the findings that go.
 */
export function duplicatesAcrossParts(parts: { area: number; findings: Finding[] }[], threshold: number): number[] {
  const all = parts.flatMap(({ area, findings }) =>
    findings.map(({ id, mask }) => ({ id, box: mask.box, counts: mask.counts, score: 1 / area })),
  );
  const kept = new Set(boxNms(all, threshold).map(({ id }) => id));
  return all.map(({ id }) => id).filter((id) => !kept.has(id));
}
