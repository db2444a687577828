import type { Corners, Size, Spot } from "../geometry/spot.js";
import { boxAt, pixelAt } from "../geometry/viewport.js";
import { noPrompts, type Prompts } from "../sdk/session/prompts.js";
import type { Gesture } from "./gesture.js";
import type { Grip } from "./grip.js";
import { overlayOf, type State } from "./state.js";
import type { Tool } from "./tools.js";

/* What pointing is about, and what it comes to at the moment. */

/** The pixels of the picture on the canvas; undefined while there is none. */
export function pictureSize({ picture }: State): Size | undefined {
  return picture.kind === "empty" ? undefined : picture.info;
}

/** Over masks every tool but the one that moves the picture chooses one. */
export function toolInUse({ picture, tools }: State): Tool {
  return overlayOf(picture) !== undefined && tools.tool !== "pan" ? "click" : tools.tool;
}

/** Those on the canvas. */
export function promptsInSight({ picture }: State): Prompts {
  return picture.kind === "empty" || overlayOf(picture) !== undefined ? noPrompts : picture.edit.present.prompts;
}

/** The picked point, if it is there. */
export function pickedPoint(state: State): number | undefined {
  const { picked } = state.pointing;
  return picked !== undefined && promptsInSight(state).points[picked] !== undefined ? picked : undefined;
}

/** The box being drawn, in CSS pixels. */
export function boxInMaking({ pointing: { gesture } }: State): Corners | undefined {
  return gesture.kind === "dragging" ? gesture : undefined;
}

/** What of the prompts is being pulled elsewhere, by pointer or by keys, and where it is now in pixels of the picture. */
export function heldPart(state: State): { readonly grip: Grip; readonly pixel: Spot } | undefined {
  const { gesture, carried } = state.pointing;
  const size = pictureSize(state);
  if (gesture.kind === "pulling" && size !== undefined) {
    return { grip: gesture.grip, pixel: pulledTo(state, size, gesture) };
  }
  return carried && { grip: { kind: "point", index: carried.index }, pixel: carried.to };
}

/** A point lies on a pixel; a side of a box comes to lie between pixels, at most on the picture's edge. */
export function pulledTo({ viewport }: State, size: Size, { grip, x, y }: Extract<Gesture, { kind: "pulling" }>): Spot {
  if (grip.kind !== "box") return pixelAt(viewport, size, { x, y });
  const { x0, y0 } = boxAt(viewport, size, { x0: x, y0: y, x1: x, y1: y });
  return { x: x0, y: y0 };
}
