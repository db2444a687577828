import { describe, expect, it } from "vitest";
import type { DecodedMask } from "../../sam/masks/decoded-mask.js";
import { uniform } from "../rewrite/parity-prompts.js";
import { boxNms } from "./box-nms.js";
import { Ledger, type LedgerChange } from "./ledger.js";

const point = { column: 0, row: 0, x: 0, y: 0 };
const threshold = 0.7;

function mask(x: number, y: number, side: number, predictedIou: number): DecodedMask {
  return {
    counts: `${x},${y},${side},${predictedIou}`,
    box: { x, y, width: side, height: side },
    area: side ** 2,
    predictedIou,
    stabilityScore: 1,
  };
}

/** What a client has that follows the events. */
class Follower {
  readonly kept = new Map<number, DecodedMask>();
  readonly #told = new Set<number>();

  hear({ found, retracted }: LedgerChange): void {
    for (const id of retracted) expect(this.kept.delete(id)).toBe(true);
    for (const { id, mask: one } of found) {
      expect(this.kept.has(id)).toBe(false);
      this.#told.add(id);
      this.kept.set(id, one);
    }
  }

  get names(): string[] {
    return [...this.kept.values()].map(({ counts }) => counts).sort();
  }
}

/** Feeds the masks in batches of up to three, as a point's answer comes. */
function follow(masks: DecodedMask[]): { names: string[]; shown: number } {
  const ledger = new Ledger(threshold);
  const follower = new Follower();
  for (let at = 0; at < masks.length; at += 3) {
    follower.hear(ledger.add(point, masks.slice(at, at + 3)));
    expect(follower.kept.size).toBe(ledger.shown);
  }
  follower.hear(ledger.settle());
  follower.hear(ledger.settle());
  return { names: follower.names, shown: ledger.shown };
}

describe("Ledger", () => {
  it("ends with what suppression over all masks keeps, whatever the order, as a client that follows the events does", () => {
    const random = uniform(29);
    for (let round = 0; round < 40; round++) {
      const masks = Array.from({ length: 60 }, () =>
        mask(Math.floor(random() * 12), Math.floor(random() * 12), 10 + Math.floor(random() * 12), random()),
      );
      const kept = boxNms(
        masks.map((one) => ({ box: one.box, score: one.predictedIou, name: one.counts })),
        threshold,
      );
      const expected = kept.map(({ name }) => name).sort();
      const shuffled = masks.map((one) => [random(), one] as const).sort(([a], [b]) => a - b);
      for (const order of [masks, [...masks].reverse(), shuffled.map(([, one]) => one)]) {
        const { names, shown } = follow(order);
        expect(names).toEqual(expected);
        expect(shown).toBe(expected.length);
      }
    }
  });

  it("replaces a mask by a better one of the same place, and shows no worse one", () => {
    const ledger = new Ledger(threshold);
    expect(ledger.add(point, [mask(0, 0, 20, 0.9)])).toMatchObject({ found: [{ id: 1 }], retracted: [], newMasks: 1 });
    expect(ledger.add(point, [mask(0, 0, 20, 0.95)])).toMatchObject({
      found: [{ id: 2 }],
      retracted: [1],
      newMasks: 0,
    });
    expect(ledger.add(point, [mask(0, 1, 20, 0.91)])).toEqual({ found: [], retracted: [], newMasks: 0 });
    expect(ledger.add(point, [mask(90, 90, 20, 0.89)])).toMatchObject({ found: [{ id: 4 }], newMasks: 1 });
    expect(ledger.shown).toBe(2);
  });

  it("brings back at the end what a mask hid that is gone itself", () => {
    // Each overlaps its neighbour by more than the threshold and the next but one by less.
    const [a, b, c] = [mask(0, 0, 21, 0.9), mask(3, 0, 21, 0.92), mask(6, 0, 21, 0.94)] as const;
    for (const order of [
      [a, b, c],
      [c, b, a],
      [b, a, c],
      [a, c, b],
    ]) {
      const ledger = new Ledger(threshold);
      const follower = new Follower();
      for (const one of order) follower.hear(ledger.add(point, [one]));
      follower.hear(ledger.settle());
      expect(follower.names).toEqual([a.counts, c.counts].sort());
    }
  });

  it("numbers masks from 1 on and remembers the point that found each", () => {
    const ledger = new Ledger(threshold);
    const { found } = ledger.add({ ...point, x: 7 }, [mask(0, 0, 9, 0.9), mask(50, 50, 9, 0.9)]);
    expect(found.map(({ id, point: { x } }) => [id, x])).toEqual([
      [1, 7],
      [2, 7],
    ]);
    expect(new Ledger(threshold).settle()).toEqual({ found: [], retracted: [] });
  });
});
