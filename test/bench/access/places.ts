import { atMost, type Outcome } from "../report.js";
import { median, p50p95 } from "../statistics.js";
import type { Guest } from "./guest.js";

const warmUpRounds = 50;

/** Where clicks are asked in one way, by guests of several kinds: the first place is what the others are held against. */
export interface Place {
  way: string;
  guests: Readonly<Record<string, Guest>>;
}

/** Warm clicks at all places, interleaved. @param mostMs that a click may take more at the others than at the first. */
export async function comparePlaces(places: readonly Place[], rounds: number, mostMs: number): Promise<Outcome> {
  const [first, ...others] = places;
  if (!first) throw new Error("there is no place to click at");
  const kinds = Object.keys(first.guests);
  const clickMs = new Map(places.flatMap(({ way }) => kinds.map((kind) => [`${way}, ${kind}`, [] as number[]])));
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    for (const kind of kinds) {
      // Each goes first as often as the others.
      for (const at of places.keys()) {
        const { way, guests } = places[(at + round) % places.length] as Place;
        const ms = await (guests[kind] as Guest).click();
        if (round >= warmUpRounds) clickMs.get(`${way}, ${kind}`)?.push(ms);
      }
    }
  }
  /** Each over the first's of its own round: what the machine does meanwhile is in both. */
  const over = (way: string, kind: string) => {
    const base = clickMs.get(`${first.way}, ${kind}`) ?? [];
    return median((clickMs.get(`${way}, ${kind}`) ?? []).map((ms, round) => ms - (base[round] as number)));
  };
  return {
    bars: others.flatMap(({ way }) =>
      kinds.map((kind) => atMost(`${way}, ${kind}: more than ${first.way}, p50`, over(way, kind), mostMs, "ms")),
    ),
    detail: { rounds, "a warm click, ms": Object.fromEntries([...clickMs].map(([name, ms]) => [name, p50p95(ms)])) },
  };
}

/** To be disposed of at the end, the last first. */
export class Opened implements AsyncDisposable {
  readonly #all: AsyncDisposable[] = [];

  add<T extends AsyncDisposable>(one: T): T {
    this.#all.push(one);
    return one;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#all.splice(0).reverse()) await one[Symbol.asyncDispose]();
  }
}
