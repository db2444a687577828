import type { Corners, Spot } from "../geometry/spot.js";
import { placeOf, type Viewport } from "../geometry/viewport.js";
import type { Prompts } from "../sdk/session/prompts.js";

/** What of the prompts on the canvas can be taken hold of. */
export type Grip =
  | { readonly kind: "point"; readonly index: number }
  /** Beside the picked point: takes it away. */
  | { readonly kind: "remove"; readonly index: number }
  /** An edge or a corner of the box: which of its sides go along. */
  | { readonly kind: "box"; readonly x: "x0" | "x1" | undefined; readonly y: "y0" | "y1" | undefined };

/** CSS pixels between a picked point and the cross that removes it. */
export const removeOffset = { x: 17, y: -17 } as const;

/** How near is near enough, in CSS pixels: a fingertip covers more than an arrow's tip. */
export function reachOf(pointerType: string): number {
  return pointerType === "touch" ? 24 : 11;
}

/** The latest point lies on top; points lie over the box. @param place on the canvas, in CSS pixels. */
export function gripAt(
  { points, box }: Prompts,
  view: Viewport,
  place: Spot,
  reach: number,
  picked: number | undefined,
): Grip | undefined {
  const far = (spot: Spot) => Math.hypot(spot.x - place.x, spot.y - place.y);
  const held = picked === undefined ? undefined : points[picked];
  if (picked !== undefined && held !== undefined) {
    const { x, y } = placeOf(view, held);
    const toCross = far({ x: x + removeOffset.x, y: y + removeOffset.y });
    // The cross is next to its point: nearer to which it was says what was meant.
    if (toCross <= Math.max(10, reach * 0.6) && toCross < far({ x, y })) return { kind: "remove", index: picked };
  }
  let best: number | undefined;
  let bestFar = reach;
  points.forEach((point, index) => {
    const away = far(placeOf(view, point));
    if (away > bestFar) return;
    best = index;
    bestFar = away;
  });
  if (best !== undefined) return { kind: "point", index: best };
  return box && boxGrip(box, view, place, reach * 0.7);
}

function boxGrip(box: Corners, { scale, left, top }: Viewport, { x, y }: Spot, reach: number): Grip | undefined {
  const [x0, x1] = [box.x0 * scale - left, box.x1 * scale - left];
  const [y0, y1] = [box.y0 * scale - top, box.y1 * scale - top];
  if (x < x0 - reach || x > x1 + reach || y < y0 - reach || y > y1 + reach) return undefined;
  const near = (a: number, b: number) => Math.abs(a - b) <= reach;
  // Of a box narrower than a fingertip the nearer side is meant.
  const alongX = near(x, x0) && Math.abs(x - x0) <= Math.abs(x - x1) ? "x0" : near(x, x1) ? "x1" : undefined;
  const alongY = near(y, y0) && Math.abs(y - y0) <= Math.abs(y - y1) ? "y0" : near(y, y1) ? "y1" : undefined;
  return alongX === undefined && alongY === undefined ? undefined : { kind: "box", x: alongX, y: alongY };
}

/** The prompts with what is held at another pixel of the picture; for the eye, until it is let go. */
export function carried(prompts: Prompts, grip: Grip, pixel: Spot): Prompts {
  if (grip.kind === "point") {
    const points = prompts.points.map((point, at) => (at === grip.index ? { ...point, ...pixel } : point));
    return { ...prompts, points };
  }
  if (grip.kind === "remove" || prompts.box === undefined) return prompts;
  return { ...prompts, box: carriedBox(prompts.box, grip, pixel) };
}

/** A side that is pulled over the opposite one turns the box inside out: still a box. */
function carriedBox(box: Corners, grip: Extract<Grip, { kind: "box" }>, { x, y }: Spot): Corners {
  const pulled = { ...box };
  if (grip.x !== undefined) pulled[grip.x] = x;
  if (grip.y !== undefined) pulled[grip.y] = y;
  return {
    x0: Math.min(pulled.x0, pulled.x1),
    y0: Math.min(pulled.y0, pulled.y1),
    x1: Math.max(pulled.x0, pulled.x1),
    y1: Math.max(pulled.y0, pulled.y1),
  };
}

export function cursorOf(grip: Grip | undefined): string {
  if (grip === undefined) return "";
  if (grip.kind === "point") return "move";
  if (grip.kind === "remove") return "pointer";
  if (grip.x === undefined) return "ns-resize";
  if (grip.y === undefined) return "ew-resize";
  return (grip.x === "x0") === (grip.y === "y0") ? "nwse-resize" : "nesw-resize";
}
