import type { Corners, Region, Size, Spot } from "./spot.js";

/**
 * The part of a picture that is on the canvas. Lengths of the canvas are in CSS pixels; the canvas is as large as the
 * picture is shown, but no larger than the room it has.
 */
export interface Viewport {
  readonly width: number;
  readonly height: number;
  /** CSS pixels per pixel of the picture. */
  readonly scale: number;
  /** Where the canvas begins on the whole picture as it is shown, in CSS pixels. */
  readonly left: number;
  readonly top: number;
}

/** A tiny picture is enlarged to be clicked at, but not to a wall of squares. */
const largestFit = 4;
/** So close that single pixels can be told apart and clicked at. */
const largestScale = 16;

/** The whole picture. */
export function contain(picture: Size, room: Size): Viewport {
  return at(picture, room, fittingScale(picture, room), 0, 0);
}

/** The same place of the picture under the same place of the canvas, nearer or farther. Never farther than the whole. */
export function zoomAbout(view: Viewport, picture: Size, room: Size, place: Spot, factor: number): Viewport {
  const scale = clamp(view.scale * factor, fittingScale(picture, room), nearestScale(picture, room));
  const x = ((view.left + place.x) / view.scale) * scale;
  const y = ((view.top + place.y) / view.scale) * scale;
  const next = at(picture, room, scale, 0, 0);
  // The canvas lies in the middle of the room: it moves when it grows.
  const shiftX = (next.width - view.width) / 2;
  const shiftY = (next.height - view.height) / 2;
  return at(picture, room, scale, x - place.x - shiftX, y - place.y - shiftY);
}

/** One pixel of the picture on one pixel of the screen, about the middle of what is seen. @param density device pixels per CSS pixel. */
export function actualSize(view: Viewport, picture: Size, room: Size, density: number): Viewport {
  return zoomAbout(view, picture, room, { x: view.width / 2, y: view.height / 2 }, 1 / density / view.scale);
}

/** @param by how far the picture moves on the canvas, in CSS pixels. */
export function panBy(view: Viewport, picture: Size, room: Size, by: Spot): Viewport {
  return at(picture, room, view.scale, view.left - by.x, view.top - by.y);
}

/** Moves just far enough to have a pixel of the picture well on the canvas. */
export function reveal(view: Viewport, picture: Size, room: Size, pixel: Spot): Viewport {
  const margin = Math.min(view.width, view.height) / 8;
  const x = (pixel.x + 0.5) * view.scale;
  const y = (pixel.y + 0.5) * view.scale;
  const left = clamp(view.left, x + margin - view.width, x - margin);
  const top = clamp(view.top, y + margin - view.height, y - margin);
  return at(picture, room, view.scale, left, top);
}

/** The same part of the picture after the room has changed; the whole stays the whole. */
export function refit(view: Viewport, picture: Size, before: Size, room: Size): Viewport {
  if (isWhole(view, picture, before)) return contain(picture, room);
  const x = (view.left + view.width / 2) / view.scale;
  const y = (view.top + view.height / 2) / view.scale;
  const scale = clamp(view.scale, fittingScale(picture, room), nearestScale(picture, room));
  const next = at(picture, room, scale, 0, 0);
  return at(picture, room, scale, x * scale - next.width / 2, y * scale - next.height / 2);
}

export function isWhole(view: Viewport, picture: Size, room: Size): boolean {
  return view.scale <= fittingScale(picture, room) * 1.001;
}

/** The pixel of the picture under a place on the canvas; places beyond the edge mean the pixel at the edge. */
export function pixelAt(view: Viewport, picture: Size, place: Spot): Spot {
  return {
    x: clamp(Math.floor((view.left + place.x) / view.scale), 0, picture.width - 1),
    y: clamp(Math.floor((view.top + place.y) / view.scale), 0, picture.height - 1),
  };
}

/** A box on the canvas in pixels of the picture, its corners in order. Its edges may touch the picture's. */
export function boxAt(view: Viewport, picture: Size, { x0, y0, x1, y1 }: Corners): Corners {
  const x = (place: number) => clamp(Math.round((view.left + place) / view.scale), 0, picture.width);
  const y = (place: number) => clamp(Math.round((view.top + place) / view.scale), 0, picture.height);
  return {
    x0: x(Math.min(x0, x1)),
    y0: y(Math.min(y0, y1)),
    x1: x(Math.max(x0, x1)),
    y1: y(Math.max(y0, y1)),
  };
}

/** The pixels of the picture that are on the canvas, if only in part. */
export function seenPart({ width, height, scale, left, top }: Viewport, picture: Size): Region {
  const x = Math.min(picture.width - 1, Math.floor(left / scale));
  const y = Math.min(picture.height - 1, Math.floor(top / scale));
  return {
    x,
    y,
    width: clamp(Math.ceil((left + width) / scale) - x, 1, picture.width - x),
    height: clamp(Math.ceil((top + height) / scale) - y, 1, picture.height - y),
  };
}

/** The middle of a pixel on the canvas. */
export function placeOf(view: Viewport, pixel: Spot): Spot {
  return { x: (pixel.x + 0.5) * view.scale - view.left, y: (pixel.y + 0.5) * view.scale - view.top };
}

function at(picture: Size, room: Size, scale: number, left: number, top: number): Viewport {
  const whole = { width: picture.width * scale, height: picture.height * scale };
  const width = Math.max(1, Math.round(Math.min(whole.width, room.width)));
  const height = Math.max(1, Math.round(Math.min(whole.height, room.height)));
  return {
    width,
    height,
    scale,
    left: clamp(left, 0, Math.max(0, whole.width - width)),
    top: clamp(top, 0, Math.max(0, whole.height - height)),
  };
}

function fittingScale(picture: Size, room: Size): number {
  return Math.min(room.width / picture.width, room.height / picture.height, largestFit);
}

function nearestScale(picture: Size, room: Size): number {
  return Math.max(largestScale, fittingScale(picture, room));
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
