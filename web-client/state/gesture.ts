import type { Corners, Spot, TrailSpot } from "../geometry/spot.js";
import type { Grip } from "./grip.js";
import type { Tool } from "./tools.js";

/** What a pointer is doing on the canvas, in CSS pixels. */
export type Gesture =
  | { readonly kind: "idle" }
  /** A press that may become a click, a box, or the pull of what it holds. */
  | ({
      readonly kind: "pressed";
      readonly tool: "click" | "box";
      readonly label: 0 | 1;
      readonly canDrag: boolean;
      readonly grip: Grip | undefined;
    } & Spot)
  | ({ readonly kind: "dragging" } & Corners)
  | ({ readonly kind: "pulling"; readonly grip: Grip } & Spot)
  | { readonly kind: "painting"; readonly erase: boolean; readonly trail: readonly TrailSpot[] }
  /** A lasso on its way, the button down; `corners` were set one by one before. */
  | {
      readonly kind: "lassoing";
      readonly erase: boolean;
      readonly corners: readonly Spot[];
      readonly trail: readonly Spot[];
    }
  /** A lasso that is set corner by corner, the button up between two of them. */
  | { readonly kind: "cornering"; readonly erase: boolean; readonly corners: readonly Spot[]; readonly to: Spot }
  /** A long press has been taken already; what follows until the release is nothing. */
  | { readonly kind: "spent" };

export type Outcome =
  | ({ readonly kind: "point"; readonly label: 0 | 1 } & Spot)
  | ({ readonly kind: "box" } & Corners)
  | { readonly kind: "picked"; readonly grip: Grip }
  | { readonly kind: "removed"; readonly index: number }
  | ({ readonly kind: "pulled"; readonly grip: Grip } & Spot)
  | { readonly kind: "stroke"; readonly erase: boolean; readonly trail: readonly TrailSpot[] }
  | { readonly kind: "lasso"; readonly erase: boolean; readonly corners: readonly Spot[] };

export type GestureStep = readonly [Gesture, Outcome | undefined];

export interface Press {
  readonly tool: Exclude<Tool, "pan">;
  /** What a plain click means at the moment. */
  readonly label: 0 | 1;
  /** The secondary button, or Alt: the opposite of including, with brush and lasso taking away. */
  readonly secondary: boolean;
  readonly grip: Grip | undefined;
}

export const idle: Gesture = { kind: "idle" };

/** A pointer that is held still trembles by less than this. */
const dragThreshold = 6;
/** A box thinner than this was meant as something else. */
const thinnestBox = 4;
/** Spots of a trail nearer than this say nothing. */
const finestStep = 1.5;
/** The first corner, once more, closes a lasso. */
const closingReach = 12;

export function press(before: Gesture, place: TrailSpot, { tool, label, secondary, grip }: Press): Gesture {
  const erase = secondary || label === 0;
  const spot = { x: place.x, y: place.y };
  if (tool === "brush") return { kind: "painting", erase, trail: [place] };
  if (tool === "lasso") {
    return before.kind === "cornering"
      ? { kind: "lassoing", erase: before.erase, corners: before.corners, trail: [spot] }
      : { kind: "lassoing", erase, corners: [], trail: [spot] };
  }
  const held = secondary || (tool === "box" && grip?.kind !== "box") ? undefined : grip;
  return {
    kind: "pressed",
    ...spot,
    tool,
    label: secondary ? 0 : label,
    canDrag: tool === "box" || !secondary,
    grip: held,
  };
}

export function move(gesture: Gesture, place: TrailSpot): Gesture {
  const spot = { x: place.x, y: place.y };
  switch (gesture.kind) {
    case "dragging":
      return { ...gesture, x1: spot.x, y1: spot.y };
    case "pulling":
      return { ...gesture, ...spot };
    case "painting": {
      const last = gesture.trail.at(-1);
      if (last !== undefined && apart(last, place) < finestStep) return gesture;
      return { ...gesture, trail: [...gesture.trail, place] };
    }
    case "lassoing": {
      const last = gesture.trail.at(-1);
      return last !== undefined && apart(last, spot) < finestStep
        ? gesture
        : { ...gesture, trail: [...gesture.trail, spot] };
    }
    case "cornering":
      return { ...gesture, to: spot };
    case "pressed": {
      if (!gesture.canDrag || apart(gesture, spot) < dragThreshold) return gesture;
      if (gesture.grip?.kind === "remove") return gesture;
      if (gesture.grip !== undefined) return { kind: "pulling", grip: gesture.grip, ...spot };
      return { kind: "dragging", x0: gesture.x, y0: gesture.y, x1: spot.x, y1: spot.y };
    }
    default:
      return gesture;
  }
}

export function release(gesture: Gesture): GestureStep {
  switch (gesture.kind) {
    case "pressed":
      return [idle, clicked(gesture)];
    case "dragging": {
      const { x0, y0, x1, y1 } = gesture;
      const isThin = Math.min(Math.abs(x1 - x0), Math.abs(y1 - y0)) < thinnestBox;
      return [idle, isThin ? undefined : { kind: "box", x0, y0, x1, y1 }];
    }
    case "pulling":
      return [idle, { kind: "pulled", grip: gesture.grip, x: gesture.x, y: gesture.y }];
    case "painting":
      return [idle, { kind: "stroke", erase: gesture.erase, trail: gesture.trail }];
    case "lassoing":
      return lassoed(gesture);
    case "cornering":
      return [gesture, undefined];
    default:
      return [idle, undefined];
  }
}

function clicked({ grip, tool, label, x, y }: Extract<Gesture, { kind: "pressed" }>): Outcome | undefined {
  if (grip?.kind === "remove") return { kind: "removed", index: grip.index };
  if (grip?.kind === "point") return { kind: "picked", grip };
  // The tool for boxes sets no points; on the edge of a box a click is a click.
  return tool === "box" ? undefined : { kind: "point", x, y, label };
}

/** Drawn in one go it closes by itself; set corner by corner it closes on its first corner or where one is set twice. */
function lassoed({ erase, corners, trail }: Extract<Gesture, { kind: "lassoing" }>): GestureStep {
  const [first] = trail;
  const last = trail.at(-1);
  if (first === undefined || last === undefined) return [idle, undefined];
  const wasDrawn = trail.some((spot) => apart(spot, first) >= dragThreshold);
  if (corners.length === 0 && wasDrawn) return [idle, { kind: "lasso", erase, corners: trail }];
  const [begin = first] = corners;
  const end = corners.at(-1);
  const isTwice = end !== undefined && !wasDrawn && apart(end, last) < dragThreshold;
  if (corners.length > 2 && (isTwice || apart(begin, last) <= closingReach)) {
    return [idle, { kind: "lasso", erase, corners }];
  }
  const next = wasDrawn ? [...corners, ...trail] : [...corners, last];
  return [{ kind: "cornering", erase, corners: next, to: last }, undefined];
}

/** Closes a lasso that is set corner by corner. */
export function close(gesture: Gesture): GestureStep {
  if (gesture.kind !== "cornering" || gesture.corners.length < 3) return [gesture, undefined];
  return [idle, { kind: "lasso", erase: gesture.erase, corners: gesture.corners }];
}

/** A finger that rests means the opposite of what a tap means; on a point, that it is to go. */
export function hold(gesture: Gesture): GestureStep {
  if (gesture.kind !== "pressed" || gesture.tool === "box") return [gesture, undefined];
  const { grip, x, y, label } = gesture;
  if (grip?.kind === "point" || grip?.kind === "remove") {
    return [{ kind: "spent" }, { kind: "removed", index: grip.index }];
  }
  return [{ kind: "spent" }, { kind: "point", x, y, label: label === 1 ? 0 : 1 }];
}

function apart(a: Spot, b: Spot): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
