import type { Annotation } from "../../proto/index.js";
import type { Overlay } from "../state/state.js";
import { Colouring } from "./colouring.js";
import { maskPath } from "./mask-path.js";
import type { Viewport } from "./viewport.js";

/** The found masks as they lie over the picture, and the highlighted one. */
export interface FoundPicture {
  readonly layer: HTMLCanvasElement;
  readonly lit: { readonly path: Path2D; readonly colour: string } | undefined;
}

const fillAlpha = 0.5;
const edgeWidth = 1.5;

/** All found masks on a canvas of their own, painted when they change and not whenever the pointer moves. */
export class FoundLayer {
  readonly #canvas = document.createElement("canvas");
  #colouring = new Colouring();
  #paths = new WeakMap<Annotation, Path2D>();
  #scale = 0;
  #painted: readonly Annotation[] | undefined;

  render({ found, lit }: Overlay, viewport: Viewport, density: number): FoundPicture {
    const [width, height] = [Math.round(viewport.width * density), Math.round(viewport.height * density)];
    if (this.#canvas.width !== width || this.#canvas.height !== height || this.#scale !== viewport.scale) {
      this.#canvas.width = width;
      this.#canvas.height = height;
      this.#scale = viewport.scale;
      this.#paths = new WeakMap();
      this.#painted = undefined;
    }
    // A new search begins with none.
    if (found.length === 0) this.#colouring = new Colouring();
    if (found !== this.#painted) this.#paint(found, density);
    this.#painted = found;
    const highlighted = found.find(({ id }) => id === lit);
    return {
      layer: this.#canvas,
      lit: highlighted && {
        path: this.#pathOf(highlighted),
        colour: this.#colouring.colourOf(highlighted, found),
      },
    };
  }

  #paint(found: readonly Annotation[], density: number): void {
    const context = this.#canvas.getContext("2d");
    if (context === null) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    context.setTransform(density, 0, 0, density, 0, 0);
    context.lineWidth = edgeWidth;
    context.lineJoin = "round";
    for (const annotation of found.toReversed()) {
      const path = this.#pathOf(annotation);
      // A small mask replaces what is under it: two colours mixed would be a third.
      context.globalCompositeOperation = "destination-out";
      context.globalAlpha = 1;
      context.fill(path, "evenodd");
      context.globalCompositeOperation = "source-over";
      context.fillStyle = this.#colouring.colourOf(annotation, found);
      context.strokeStyle = context.fillStyle;
      context.globalAlpha = fillAlpha;
      context.fill(path, "evenodd");
      context.globalAlpha = 1;
      context.stroke(path);
    }
  }

  #pathOf(annotation: Annotation): Path2D {
    const known = this.#paths.get(annotation);
    if (known !== undefined) return known;
    const path = annotation.mask === undefined ? new Path2D() : maskPath(annotation.mask, this.#scale);
    this.#paths.set(annotation, path);
    return path;
  }
}
