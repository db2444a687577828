import type { Spot, TrailSpot } from "../geometry/spot.js";
import { type Gesture, idle } from "./gesture.js";
import type { Grip } from "./grip.js";

/** What pointer and keys are doing on the canvas. */
export interface Pointing {
  readonly gesture: Gesture;
  /** Where the pointer is, with the brush's radius there, in CSS pixels; undefined while it is elsewhere. */
  readonly place: TrailSpot | undefined;
  /** What lies under the pointer to be taken hold of. */
  readonly grip: Grip | undefined;
  /** The point that is picked, to be moved or removed. */
  readonly picked: number | undefined;
  /** The latest pick by the pointer: a second one soon after is a double click. */
  readonly lastPick: { readonly index: number; readonly atMs: number } | undefined;
  /** The keyboard's pointer, in pixels of the picture. */
  readonly cursor: Spot | undefined;
  /** The first corner of a box that is set by keys, in pixels of the picture. */
  readonly corner: Spot | undefined;
  /** A point on its way by keys, until they are let go. */
  readonly carried: { readonly index: number; readonly to: Spot } | undefined;
}

export const noPointing: Pointing = {
  gesture: idle,
  place: undefined,
  grip: undefined,
  picked: undefined,
  lastPick: undefined,
  cursor: undefined,
  corner: undefined,
  carried: undefined,
};

/** Places are on the canvas, in CSS pixels. */
export type PointingEvent =
  | {
      readonly kind: "pointer-down";
      readonly place: TrailSpot;
      /** The secondary button or its like: the opposite. */
      readonly isSecondary: boolean;
      /** How near is near enough to take hold of something. */
      readonly reach: number;
      readonly atMs: number;
    }
  | {
      readonly kind: "pointer-moved";
      readonly place: TrailSpot;
      /** All places since the last event, this one the last of them. */
      readonly way: readonly TrailSpot[];
      readonly isTouch: boolean;
      readonly reach: number;
    }
  | { readonly kind: "pointer-up"; readonly atMs: number }
  /** It has rested where it is down. */
  | { readonly kind: "pointer-held"; readonly atMs: number }
  | { readonly kind: "pointer-cancelled" }
  | { readonly kind: "pointer-left" }
  /** Two fingers look elsewhere: what was begun is given up. */
  | { readonly kind: "pointing-given-up" }
  /** By an arrow key. @param way one step along or down. */
  | { readonly kind: "cursor-moved"; readonly way: Spot; readonly isFine: boolean }
  /** Does there what the tool does; without a cursor it closes a lasso, or keeps the object. */
  | { readonly kind: "cursor-used"; readonly isSecondary: boolean; readonly atMs: number }
  | { readonly kind: "cursor-left-out"; readonly atMs: number }
  /** The keys are about something else. */
  | { readonly kind: "cursor-hidden"; readonly atMs: number }
  | { readonly kind: "point-picked"; readonly by: 1 | -1; readonly atMs: number }
  | { readonly kind: "picked-removed"; readonly atMs: number }
  /** The arrow key is let go: one step of the history, however far the point went. */
  | { readonly kind: "carried-dropped"; readonly atMs: number };
