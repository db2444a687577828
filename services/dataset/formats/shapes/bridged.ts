/** Closed lines, x, y, x, y, ... each. */
type Ring = readonly number[];

/** Above so many pairs of corners the nearest one is not looked for. */
const mostPairs = 5_000_000;

/**
 * Rings as one, by ways there and back between them: what lies in an odd number of them lies in it, and no other pixel does, since a
 * bridge is crossed twice or not at all. Formats that know one ring say holes and parts so. Takes time by the corners, not by the
 * corners of each ring again.
 */
export function bridged(rings: readonly Ring[]): number[] {
  const [first = [], ...others] = rings;
  const corners = rings.reduce((sum, ring) => sum + ring.length, 0);
  const isFar = others.length * corners > mostPairs;
  const way = new Way(first, corners / 2 + 2 * others.length);
  for (const ring of others) way.detour(isFar ? way.last : way.nearest(ring[0]!, ring[1]!), ring);
  return way.corners();
}

/** Corners that know which comes next, so that a ring goes in between without the others being moved. */
class Way {
  readonly #at: Float64Array;
  readonly #next: Int32Array;
  #length = 0;
  #last = -1;

  /** @param room corners, in the end. */
  constructor(ring: Ring, room: number) {
    this.#at = new Float64Array(2 * room);
    this.#next = new Int32Array(room);
    for (let i = 0; i < ring.length; i += 2) this.#last = this.#add(ring[i]!, ring[i + 1]!);
  }

  get last(): number {
    return this.#last;
  }

  /** From a corner to a ring, around it, and back. */
  detour(from: number, ring: Ring): void {
    const begin = this.#length;
    const after = this.#next[from]!;
    for (let i = 0; i < ring.length; i += 2) this.#add(ring[i]!, ring[i + 1]!);
    this.#add(ring[0]!, ring[1]!);
    const back = this.#add(this.#at[2 * from]!, this.#at[2 * from + 1]!);
    this.#next[from] = begin;
    if (from === this.#last) this.#last = back;
    else this.#next[back] = after;
  }

  /** The corner that is nearest to a point. */
  nearest(x: number, y: number): number {
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0, corner = 0; i < this.#length; i++, corner = this.#next[corner]!) {
      const far = (this.#at[2 * corner]! - x) ** 2 + (this.#at[2 * corner + 1]! - y) ** 2;
      if (far < least) [best, least] = [corner, far];
    }
    return best;
  }

  corners(): number[] {
    const all: number[] = [];
    for (let i = 0, corner = 0; i < this.#length; i++, corner = this.#next[corner]!) {
      all.push(this.#at[2 * corner]!, this.#at[2 * corner + 1]!);
    }
    return all;
  }

  /** Behind the one that was added last, until a way says otherwise. */
  #add(x: number, y: number): number {
    const corner = this.#length++;
    this.#at[2 * corner] = x;
    this.#at[2 * corner + 1] = y;
    this.#next[corner] = corner + 1;
    return corner;
  }
}
