import type { Spot } from "../sdk/spot.js";

export type { Corners, Region, Size, Spot } from "../sdk/spot.js";

/** A place on a brush's way, all in one unit. */
export interface TrailSpot extends Spot {
  readonly radius: number;
}
