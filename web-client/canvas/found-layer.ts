import type { Annotation } from "../../proto/index.js";
import type { Viewport } from "../geometry/viewport.js";
import type { Overlay } from "../state/work.js";
import { Colouring } from "./colouring.js";
import { maskPath } from "./mask-path.js";

/** The found masks as they lie over the picture, and the highlighted one. */
export interface FoundPicture {
  readonly layer: HTMLCanvasElement;
  /** What the layer was painted for; while the picture moves it lags behind. */
  readonly view: Viewport;
  readonly lit: { readonly path: Path2D; readonly colour: string } | undefined;
}

const fillAlpha = 0.5;
const edgeWidth = 1.5;
/** Hundreds of masks are painted anew when the picture has come to rest, not with each of its moves. */
const restMs = 120;

/** All found masks on a canvas of their own, painted when they change and not whenever the pointer moves. */
export class FoundLayer {
  readonly #canvas = document.createElement("canvas");
  readonly #onRest: () => void;
  #colouring = new Colouring();
  /** On the whole picture as it is shown; moving it leaves them as they are. */
  #paths = new WeakMap<Annotation, Path2D>();
  #pathScale = 0;
  #painted: { readonly found: readonly Annotation[]; readonly view: Viewport; readonly density: number } | undefined;
  #resting: ReturnType<typeof setTimeout> | undefined;

  constructor(onRest: () => void) {
    this.#onRest = onRest;
  }

  render({ found, lit }: Overlay, view: Viewport, density: number): FoundPicture {
    // A new search begins with none.
    if (found.length === 0) this.#colouring = new Colouring();
    const painted = this.#painted;
    if (painted === undefined || painted.found !== found || painted.density !== density) {
      this.#paint(found, view, density);
    } else if (painted.view !== view) {
      clearTimeout(this.#resting);
      this.#resting = setTimeout(() => {
        this.#painted = undefined;
        this.#onRest();
      }, restMs);
    }
    const highlighted = found.find(({ id }) => id === lit);
    return {
      layer: this.#canvas,
      view: this.#painted?.view ?? view,
      lit: highlighted && {
        path: this.#pathOf(highlighted, view.scale),
        colour: this.#colouring.colourOf(highlighted, found),
      },
    };
  }

  #paint(found: readonly Annotation[], view: Viewport, density: number): void {
    clearTimeout(this.#resting);
    this.#painted = { found, view, density };
    this.#canvas.width = Math.round(view.width * density);
    this.#canvas.height = Math.round(view.height * density);
    const context = this.#canvas.getContext("2d");
    if (context === null) return;
    context.setTransform(density, 0, 0, density, -view.left * density, -view.top * density);
    context.lineWidth = edgeWidth;
    context.lineJoin = "round";
    for (const annotation of found.toReversed()) {
      const path = this.#pathOf(annotation, view.scale);
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

  #pathOf(annotation: Annotation, scale: number): Path2D {
    if (scale !== this.#pathScale) {
      this.#pathScale = scale;
      this.#paths = new WeakMap();
    }
    const known = this.#paths.get(annotation);
    if (known !== undefined) return known;
    const path = annotation.mask === undefined ? new Path2D() : maskPath(annotation.mask, { scale, left: 0, top: 0 });
    this.#paths.set(annotation, path);
    return path;
  }
}
