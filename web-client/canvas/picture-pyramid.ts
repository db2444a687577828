import type { Viewport } from "./viewport.js";

/**
 * A picture in halving sizes, so that a part of it at any zoom is drawn from about as many pixels as the canvas has: a
 * photo of 12 megapixels moves as smoothly as a small one.
 */
export class PicturePyramid {
  readonly #levels: CanvasImageSource[];
  readonly #scales: number[] = [1];

  /** @param smallest CSS pixels per pixel of the picture at which all of it is seen, times the screen's density. */
  constructor(bitmap: ImageBitmap, smallest: number) {
    this.#levels = [flatten(bitmap)];
    for (let scale = 0.5; scale >= smallest; scale /= 2) {
      this.#levels.push(halve(this.#levels.at(-1) as HTMLCanvasElement));
      this.#scales.push(scale);
    }
  }

  draw(context: CanvasRenderingContext2D, { width, height, scale, left, top }: Viewport, density: number): void {
    // The smallest that has as many pixels as are wanted.
    let level = this.#scales.findLastIndex((one) => one >= scale * density);
    if (level < 0) level = 0;
    const part = this.#scales[level]! / scale;
    context.imageSmoothingEnabled = scale * density < 3;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.#levels[level]!, left * part, top * part, width * part, height * part, 0, 0, width, height);
  }
}

/** Transparent pictures lie on white: the service too sees them on a ground of one colour. */
function flatten(bitmap: ImageBitmap): HTMLCanvasElement {
  return drawn(bitmap, bitmap.width, bitmap.height);
}

function halve(from: HTMLCanvasElement): HTMLCanvasElement {
  return drawn(from, Math.max(1, Math.round(from.width / 2)), Math.max(1, Math.round(from.height / 2)));
}

function drawn(source: CanvasImageSource, width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { alpha: false });
  if (context !== null) {
    context.imageSmoothingQuality = "high";
    context.fillStyle = "white";
    context.fillRect(0, 0, width, height);
    context.drawImage(source, 0, 0, width, height);
  }
  return canvas;
}
