import type { Corners, Spot } from "../state/state.js";

/** What a pointer is doing on the canvas, in CSS pixels: a press that may become a click or a box. */
export type Gesture =
  | { readonly kind: "idle" }
  | ({ readonly kind: "pressed"; readonly label: 0 | 1; readonly canDrag: boolean } & Spot)
  | ({ readonly kind: "dragging" } & Corners)
  /** A long press has been taken already; what follows until the release is nothing. */
  | { readonly kind: "spent" };

export type Outcome = ({ readonly kind: "point"; readonly label: 0 | 1 } & Spot) | ({ readonly kind: "box" } & Corners);

export type GestureStep = readonly [Gesture, Outcome | undefined];

export const idle: Gesture = { kind: "idle" };

/** A hand trembles by less than this. */
const dragThreshold = 6;
/** A box thinner than this was meant as something else. */
const thinnestBox = 4;

/** @param label what a plain click means at the moment; the secondary button and Alt mean the opposite of including. */
export function press(place: Spot, label: 0 | 1, secondary: boolean): Gesture {
  return { kind: "pressed", x: place.x, y: place.y, label: secondary ? 0 : label, canDrag: !secondary };
}

export function move(gesture: Gesture, place: Spot): Gesture {
  if (gesture.kind === "dragging") return { ...gesture, x1: place.x, y1: place.y };
  if (gesture.kind !== "pressed" || !gesture.canDrag) return gesture;
  if (Math.hypot(place.x - gesture.x, place.y - gesture.y) < dragThreshold) return gesture;
  return { kind: "dragging", x0: gesture.x, y0: gesture.y, x1: place.x, y1: place.y };
}

export function release(gesture: Gesture): GestureStep {
  if (gesture.kind === "pressed") {
    return [idle, { kind: "point", x: gesture.x, y: gesture.y, label: gesture.label }];
  }
  if (gesture.kind !== "dragging") return [idle, undefined];
  const { x0, y0, x1, y1 } = gesture;
  if (Math.min(Math.abs(x1 - x0), Math.abs(y1 - y0)) < thinnestBox) return [idle, undefined];
  return [idle, { kind: "box", x0, y0, x1, y1 }];
}

/** A finger that rests means the opposite of what a tap means. */
export function hold(gesture: Gesture): GestureStep {
  if (gesture.kind !== "pressed") return [gesture, undefined];
  return [{ kind: "spent" }, { kind: "point", x: gesture.x, y: gesture.y, label: gesture.label === 1 ? 0 : 1 }];
}
