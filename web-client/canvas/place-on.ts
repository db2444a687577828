import type { Spot } from "../geometry/spot.js";

/** Where an event is on the canvas, in CSS pixels. */
export function placeOn(canvas: HTMLCanvasElement, event: MouseEvent): Spot {
  const { left, top } = canvas.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}
