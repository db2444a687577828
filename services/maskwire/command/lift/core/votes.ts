import { usageError } from "../../command-error.js";
import type { SeenPoint } from "./visible-points.js";

/** Whether a pixel of a picture is in a mask. @param x, y COLMAP's pixels. */
export type Inside = (x: number, y: number) => boolean;

/** Points times objects: each has four bytes, a GiB in all. */
const mostVotes = 2 ** 28;

/** @throws CommandError (bad usage) for more points and objects than are kept. */
export function checkVotes(points: number, objects: number): void {
  if (points * objects <= mostVotes) return;
  const most = Math.floor(mostVotes / points);
  throw usageError(
    `${objects} objects in ${points} points are too many at once: show at most ${most} of them, and the others in a second run.`,
  );
}

/** Of each point, in how many pictures it was looked for in each object's masks, and in how many it was in one. */
export class Votes {
  readonly #asked: ReadonlyMap<number, Uint16Array>;
  readonly #found: ReadonlyMap<number, Uint16Array>;

  /** @param objects their numbers. @throws CommandError as `checkVotes` does. */
  constructor(points: number, objects: readonly number[]) {
    checkVotes(points, objects.length);
    const counts = () => new Map(objects.map((object) => [object, new Uint16Array(points)]));
    this.#asked = counts();
    this.#found = counts();
  }

  /** The votes of a picture. @param times -1 takes them back. */
  count(object: number, seen: readonly SeenPoint[], inside: Inside, times: 1 | -1 = 1): void {
    const [asked, found] = [this.#asked.get(object), this.#found.get(object)];
    if (!asked || !found) return;
    for (const { point, x, y } of seen) {
      asked[point]! += times;
      if (inside(x, y)) found[point]! += times;
    }
  }

  /** Somebody has said whether it is the object's. */
  isAsked(point: number, object: number): boolean {
    return (this.#asked.get(object)?.[point] ?? 0) > 0;
  }

  /** The object that a point is of: that with the largest share of pictures, of more than half of them; 0 for none. */
  objectOf(point: number): number {
    let best = { object: 0, share: 0.5, found: 0 };
    for (const [object, all] of this.#found) {
      const found = all[point] ?? 0;
      const share = found / Math.max(1, this.#asked.get(object)?.[point] ?? 0);
      if (share > best.share || (share === best.share && best.object > 0 && found > best.found)) {
        best = { object, share, found };
      }
    }
    return best.object;
  }
}
