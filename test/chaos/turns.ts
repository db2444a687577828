import { sceneClicks } from "../support/pictures.js";
import type { Picture } from "./album.js";

/** What a person does at the page. Clicks of one gesture are made at once, without waiting for the first answer. */
export type Gesture =
  | { readonly kind: "clicks"; readonly clicks: readonly Click[] }
  | { readonly kind: "undo" }
  | { readonly kind: "redo" }
  | { readonly kind: "clear" }
  | { readonly kind: "hover"; readonly x: number; readonly y: number };

export type Click =
  | { readonly kind: "point"; readonly x: number; readonly y: number; readonly label: 0 | 1 }
  | { readonly kind: "box"; readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number };

/** Work on one object, from nothing to nothing. */
export type Turn = readonly Gesture[];

/** The turns that people take on any picture of the album: finite, so that every mask can be known beforehand. */
export function turnsOn({ width, height }: Picture): readonly Turn[] {
  const { disc, plate, wedge } = sceneClicks;
  const point = (at: { x: number; y: number }, dx = 0, dy = 0, label: 0 | 1 = 1): Click => ({
    kind: "point",
    x: Math.round((at.x + dx) * width),
    y: Math.round((at.y + dy) * height),
    label,
  });
  const clicks = (...made: Click[]): Gesture => ({ kind: "clicks", clicks: made });
  const box: Click = {
    kind: "box",
    x0: Math.round(0.55 * width),
    y0: Math.round(0.13 * height),
    x1: Math.round(0.91 * width),
    y1: Math.round(0.47 * height),
  };
  const [undo, redo, clear] = [{ kind: "undo" }, { kind: "redo" }, { kind: "clear" }] as const;
  return [
    // A refinement that is taken back, and another in its place: it starts from an answer that is not the latest.
    [clicks(point(disc)), clicks(point(disc, 0.08, 0.05)), undo, clicks(point(disc, -0.08, 0.04)), clear],
    // Two clicks in a row, the second before the first is answered.
    [clicks(point(plate)), clicks(point(plate, 0.12, 0.1), point(plate, -0.3, 0, 0)), undo, undo, redo, clear],
    [clicks(box), clicks(point(plate, 0.1)), clear],
    [
      { kind: "hover", x: Math.round(wedge.x * width), y: Math.round(wedge.y * height) },
      { kind: "hover", x: Math.round(disc.x * width), y: Math.round(disc.y * height) },
      clicks(point(wedge)),
      clicks(point(wedge, 0, 0.08), point(wedge, -0.2, 0, 0)),
      undo,
      clear,
    ],
  ];
}
