import type { Viewport } from "../geometry/viewport.js";

/** While it moves a picture is painted coarsely; this long after, finely. */
const restMs = 120;

/**
 * A picture in halving sizes, so that a part of it at any zoom is drawn from about as many pixels as the canvas has: a
 * picture of 12 megapixels moves as smoothly as a small one. Where it rests, what is seen of it is kept as it was drawn:
 * what changes over it costs no more of it than a copy.
 */
export class PicturePyramid {
  readonly #levels: HTMLCanvasElement[];
  readonly #scales: number[] = [1];
  readonly #onRest: () => void;
  readonly #ground = document.createElement("canvas");
  #groundOf: { readonly view: Viewport; readonly density: number } | undefined;
  #last: Viewport | undefined;
  #resting: ReturnType<typeof setTimeout> | undefined;

  /** @param smallest CSS pixels per pixel of the picture at which all of it is seen, times the screen's density. */
  constructor(bitmap: ImageBitmap, { smallest, onRest }: { smallest: number; onRest: () => void }) {
    this.#onRest = onRest;
    this.#levels = [flatten(bitmap)];
    for (let scale = 0.5; scale >= smallest; scale /= 2) {
      this.#levels.push(halve(this.#levels.at(-1) as HTMLCanvasElement));
      this.#scales.push(scale);
    }
  }

  draw(context: CanvasRenderingContext2D, view: Viewport, density: number): void {
    const isMoving = this.#last !== undefined && this.#last !== view;
    this.#last = view;
    clearTimeout(this.#resting);
    if (isMoving) {
      this.#resting = setTimeout(this.#onRest, restMs);
      this.#drawLevel(context, view, density, "low");
      return;
    }
    if (this.#groundOf?.view !== view || this.#groundOf.density !== density) this.#keep(view, density);
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.#ground, 0, 0);
    context.restore();
  }

  #keep(view: Viewport, density: number): void {
    this.#groundOf = { view, density };
    this.#ground.width = Math.round(view.width * density);
    this.#ground.height = Math.round(view.height * density);
    const context = this.#ground.getContext("2d", { alpha: false });
    if (context === null) return;
    context.setTransform(density, 0, 0, density, 0, 0);
    this.#drawLevel(context, view, density, "high");
  }

  #drawLevel(
    context: CanvasRenderingContext2D,
    { width, height, scale, left, top }: Viewport,
    density: number,
    quality: ImageSmoothingQuality,
  ): void {
    // The smallest that has as many pixels as are wanted.
    let level = this.#scales.findLastIndex((one) => one >= scale * density);
    if (level < 0) level = 0;
    const part = this.#scales[level]! / scale;
    context.imageSmoothingEnabled = scale * density < 3;
    context.imageSmoothingQuality = quality;
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
