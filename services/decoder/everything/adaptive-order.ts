import type { PointFeatures } from "../worker/decoder-tasks.js";
import type { GridPoint, PointGrid } from "./point-grid.js";

/*
 * Most points of the grid find masks that another has found. Asking first the points that are most unlike all those asked
 * before, in what the model sees there and in place, finds nearly all masks with less than half of the grid. What is
 * still missing then are small things that a single point lies on: it looks like none of its neighbours, which therefore
 * count too.
 *
 * On 20 COCO photographs (799 masks of the full 32x32 grid) 480 of the 1024 points found 97.4 % of the masks, on none less
 * than 93.0 %; without the neighbours 97.0 % and 90.3 %. 384 points found 94.5 %.
 */

/** Share of the grid that is asked. */
export const adaptiveShare = 15 / 32;
/** What the whole picture's width or height counts beside complete unlikeness. */
const placeWeight = 0.7;
/** A point beside one that found something new is this much more promising, for each new mask. */
const noveltyWeight = 0.3;
const noveltyCap = 2;
/** What unlikeness to the likest neighbour on the grid counts beside unlikeness to all that was asked; 1/2 to 2 do as well. */
const lonelinessWeight = 1;

/** Chooses the next point of the grid: farthest-point sampling (Gonzalez, 1985), drawn towards what found something new. */
export class AdaptiveOrder {
  readonly #points: readonly GridPoint[];
  readonly #features: PointFeatures;
  readonly #channels: number;
  readonly #columns: number;
  readonly #rows: number;
  /** Distance to the nearest point asked; negative once a point has been asked itself. */
  readonly #distance: Float64Array;
  readonly #nearest: Int32Array;
  readonly #novelty: Float64Array;
  /** How unlike each point is to the likest of its neighbours. */
  readonly #loneliness: Float64Array;
  #left: number;

  /** @param features float32 [points, channels], rows of length 1. */
  constructor({ columns, rows, points }: PointGrid, features: PointFeatures, share = adaptiveShare) {
    this.#points = points;
    this.#features = features;
    this.#channels = features.length / points.length;
    this.#columns = columns;
    this.#rows = rows;
    this.#distance = new Float64Array(points.length).fill(Number.POSITIVE_INFINITY);
    this.#nearest = new Int32Array(points.length);
    this.#novelty = new Float64Array(points.length);
    this.#loneliness = Float64Array.from(points, (_, index) => this.#fromLikestNeighbour(index));
    this.#left = Math.ceil(points.length * share);
  }

  /** Points that will still be given out. */
  get left(): number {
    return this.#left;
  }

  /** Index of the point to ask next; undefined when the share is used up. The first is the middle of the picture. */
  next(): number | undefined {
    if (this.#left === 0) return undefined;
    let best = -1;
    let bestWorth = 0;
    for (let index = 0; index < this.#points.length; index++) {
      const distance = this.#distance[index] as number;
      if (distance < 0) continue;
      const unlike = distance + lonelinessWeight * (this.#loneliness[index] as number);
      const worth = unlike * (1 + noveltyWeight * (this.#novelty[this.#nearest[index] as number] as number));
      if (best >= 0 && worth <= bestWorth) continue;
      best = index;
      bestWorth = worth;
    }
    if (bestWorth === Number.POSITIVE_INFINITY) best = this.#middle;
    this.#left--;
    this.#asked(best);
    return best;
  }

  get #middle(): number {
    return Math.floor(this.#rows / 2) * this.#columns + Math.floor(this.#columns / 2);
  }

  /** Tells how many masks a point found that none before it had. */
  answered(index: number, newMasks: number): void {
    this.#novelty[index] = Math.min(noveltyCap, newMasks);
  }

  #asked(index: number): void {
    this.#distance[index] = -1;
    const asked = this.#points[index] as GridPoint;
    for (const [other, point] of this.#points.entries()) {
      const known = this.#distance[other] as number;
      if (known < 0) continue;
      const across = (point.column - asked.column) / this.#columns;
      const down = (point.row - asked.row) / this.#rows;
      const place = placeWeight * Math.hypot(across, down);
      // Unlikeness is never negative: what lies too far away already need not be compared.
      if (place >= known) continue;
      const distance = place + this.#unlikeness(index, other);
      if (distance >= known) continue;
      this.#distance[other] = distance;
      this.#nearest[other] = index;
    }
  }

  #fromLikestNeighbour(index: number): number {
    const { column, row } = this.#points[index] as GridPoint;
    const neighbours: number[] = [];
    if (column > 0) neighbours.push(index - 1);
    if (column < this.#columns - 1) neighbours.push(index + 1);
    if (row > 0) neighbours.push(index - this.#columns);
    if (row < this.#rows - 1) neighbours.push(index + this.#columns);
    return neighbours.length === 0 ? 0 : Math.min(...neighbours.map((other) => this.#unlikeness(index, other)));
  }

  #unlikeness(a: number, b: number): number {
    const features = this.#features;
    const channels = this.#channels;
    let product = 0;
    for (let channel = 0; channel < channels; channel++) {
      product += (features[a * channels + channel] as number) * (features[b * channels + channel] as number);
    }
    return Math.max(0, 1 - product);
  }
}
