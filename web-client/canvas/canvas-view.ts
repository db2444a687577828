import { contain } from "../geometry/viewport.js";
import { carried } from "../state/grip.js";
import { boxInMaking, heldPart, pictureSize, promptsInSight } from "../state/pointed.js";
import { hasPrompts } from "../state/prompts.js";
import { overlayOf, type State } from "../state/state.js";
import { density } from "./density.js";
import { FoundLayer } from "./found-layer.js";
import { steadyPath } from "./mask-path.js";
import { ObjectsLayer } from "./objects-layer.js";
import { paint } from "./paint.js";
import { PicturePyramid } from "./picture-pyramid.js";
import { shape } from "./shape.js";
import { shownMask } from "./shown-mask.js";
import type { ToolLayer } from "./tool-layer.js";

interface Parts {
  readonly canvas: HTMLCanvasElement;
  readonly tools: ToolLayer;
  /** What is painted is not what it should be any more, though the state is the same. */
  readonly onStale: () => void;
}

/** The canvas: as large as the picture is shown or as the room it has, in the middle of the room. */
export class CanvasView {
  readonly #canvas: HTMLCanvasElement;
  readonly #tools: ToolLayer;
  readonly #context: CanvasRenderingContext2D;
  readonly #found: FoundLayer;
  readonly #objects = new ObjectsLayer();
  readonly #onStale: () => void;
  #bitmap: ImageBitmap | undefined;
  #pyramid: PicturePyramid | undefined;
  /** All that the canvas was painted from: what changes nothing of it costs nothing. */
  #painted: readonly unknown[] = [];

  constructor({ canvas, tools, onStale }: Parts) {
    this.#canvas = canvas;
    this.#tools = tools;
    this.#onStale = () => {
      this.#painted = [];
      onStale();
    };
    this.#found = new FoundLayer(this.#onStale);
    const context = canvas.getContext("2d", { alpha: false });
    if (context === null) throw new Error("This browser cannot draw on a canvas.");
    this.#context = context;
    // What a lost GPU had of the canvases is gone.
    canvas.addEventListener("contextrestored", () => {
      this.#pyramid = undefined;
      this.#onStale();
    });
  }

  /** The pixels of the picture that the state speaks of. */
  get bitmap(): ImageBitmap | undefined {
    return this.#bitmap;
  }

  set bitmap(bitmap: ImageBitmap | undefined) {
    this.#bitmap?.close();
    this.#bitmap = bitmap;
    this.#pyramid = undefined;
    this.#painted = [];
  }

  render(state: State): void {
    const { picture, pointing, viewport, tools } = state;
    const size = pictureSize(state);
    this.#canvas.hidden = size === undefined;
    const bitmap = this.#bitmap;
    if (picture.kind === "empty" || size === undefined || bitmap === undefined) return this.#tools.hide();
    const ratio = density();
    const overlay = overlayOf(picture);
    const { present } = picture.edit;
    const mask = shownMask(picture);
    const rubber = boxInMaking(state);
    const { cursor, picked, gesture } = pointing;
    const pulling = gesture.kind === "pulling" ? gesture : undefined;
    const about = [rubber, cursor, picked, pulling, pointing.carried, tools.isFilled, viewport, ratio, state.selection];
    const sources = [...about, present, mask?.mask, mask?.look, overlay?.found, overlay?.lit];
    if (isSame(sources, this.#painted)) return;
    this.#painted = sources;
    shape(this.#canvas, viewport, ratio);
    this.#pyramid ??= new PicturePyramid(bitmap, {
      smallest: contain(size, state.room).scale * ratio,
      onRest: this.#onStale,
    });
    const prompts = promptsInSight(state);
    const held = heldPart(state);
    paint(this.#context, {
      picture: this.#pyramid,
      viewport,
      density: ratio,
      found: overlay && this.#found.render(overlay, viewport, ratio),
      // The masks of everything mode have colours of their own.
      objects: () => {
        if (overlay === undefined) this.#objects.paint(this.#context, present, viewport, state.selection);
      },
      mask,
      fill: tools.isFilled,
      prompts: held === undefined ? prompts : carried(prompts, held.grip, held.pixel),
      picked,
      pending: hasPrompts(present.prompts) && present.answer === undefined,
      rubber,
      cursor,
    });
    const outline = mask?.look === "final" ? steadyPath(mask.mask, viewport) : undefined;
    this.#tools.show(outline, viewport, ratio);
  }
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at]);
}
