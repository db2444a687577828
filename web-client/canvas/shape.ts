import type { Size } from "../geometry/spot.js";

/** Gives a canvas its size; to change it clears the canvas, so only when it must. @param size in CSS pixels. */
export function shape(canvas: HTMLCanvasElement, { width, height }: Size, density: number): void {
  const [deviceWidth, deviceHeight] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width === deviceWidth && canvas.height === deviceHeight) return;
  canvas.width = deviceWidth;
  canvas.height = deviceHeight;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
}
