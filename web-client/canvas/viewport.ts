import type { Corners, Spot } from "../state/state.js";

/** How a picture lies in the room it has: its size in CSS pixels and CSS pixels per pixel of the picture. */
export interface Viewport {
  readonly width: number;
  readonly height: number;
  readonly scale: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A tiny picture is enlarged to be clicked at, but not to a wall of squares. */
const largestScale = 4;

export function contain(picture: Size, room: Size): Viewport {
  const scale = Math.min(room.width / picture.width, room.height / picture.height, largestScale);
  return {
    scale,
    width: Math.max(1, Math.round(picture.width * scale)),
    height: Math.max(1, Math.round(picture.height * scale)),
  };
}

/** The pixel of the picture under a place on the canvas; places beyond the edge mean the pixel at the edge. */
export function pixelAt(viewport: Viewport, picture: Size, place: Spot): Spot {
  return {
    x: clamp(Math.floor((place.x * picture.width) / viewport.width), 0, picture.width - 1),
    y: clamp(Math.floor((place.y * picture.height) / viewport.height), 0, picture.height - 1),
  };
}

/** A box on the canvas in pixels of the picture, its corners in order. Its edges may touch the picture's. */
export function boxAt(viewport: Viewport, picture: Size, { x0, y0, x1, y1 }: Corners): Corners {
  const x = (place: number) => clamp(Math.round((place * picture.width) / viewport.width), 0, picture.width);
  const y = (place: number) => clamp(Math.round((place * picture.height) / viewport.height), 0, picture.height);
  return {
    x0: x(Math.min(x0, x1)),
    y0: y(Math.min(y0, y1)),
    x1: x(Math.max(x0, x1)),
    y1: y(Math.max(y0, y1)),
  };
}

/** The middle of a pixel on the canvas. */
export function placeOf(viewport: Viewport, picture: Size, pixel: Spot): Spot {
  return {
    x: ((pixel.x + 0.5) * viewport.width) / picture.width,
    y: ((pixel.y + 0.5) * viewport.height) / picture.height,
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
