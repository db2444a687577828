import { contain } from "../geometry/viewport.js";
import { hasPrompts } from "../sdk/session/prompts.js";
import { carried } from "../state/grip.js";
import { boxInMaking, heldPart, pictureSize, promptsInSight } from "../state/pointed.js";
import { overlayOf, type State } from "../state/state.js";
import type { View } from "../state/view.js";
import type { SceneObject } from "../state/work.js";
import { density } from "./density.js";
import { FoundLayer } from "./found-layer.js";
import { steadyPath } from "./mask-path.js";
import { type ObjectLook, ObjectsLayer } from "./objects-layer.js";
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
  /** Left out where objects have the colours that they took in turn. */
  readonly lookOf?: ((object: SceneObject) => ObjectLook | undefined) | undefined;
}

/** The canvas: as large as the picture is shown or as the room it has, in the middle of the room. */
export class CanvasView implements View {
  readonly #canvas: HTMLCanvasElement;
  readonly #tools: ToolLayer;
  readonly #context: CanvasRenderingContext2D;
  readonly #found: FoundLayer;
  readonly #objects: ObjectsLayer;
  readonly #onStale: () => void;
  #bitmap: ImageBitmap | undefined;
  #pyramid: PicturePyramid | undefined;
  /** Another whenever what is painted is not what it should be, though the state is the same. */
  #version = {};

  constructor({ canvas, tools, onStale, lookOf = () => undefined }: Parts) {
    this.#canvas = canvas;
    this.#objects = new ObjectsLayer(lookOf);
    this.#tools = tools;
    this.#onStale = () => {
      this.#version = {};
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

  /** Objects look otherwise than they did. */
  repaint(): void {
    this.#onStale();
  }

  /** The pixels of the picture that the state speaks of. */
  get bitmap(): ImageBitmap | undefined {
    return this.#bitmap;
  }

  set bitmap(bitmap: ImageBitmap | undefined) {
    this.#bitmap?.close();
    this.#bitmap = bitmap;
    this.#pyramid = undefined;
    this.#version = {};
  }

  parts(state: State): readonly unknown[] {
    const { picture, pointing, viewport, tools, selection } = state;
    if (picture.kind === "empty") return [];
    const { gesture, cursor, picked, carried: byKeys } = pointing;
    const drawn = gesture.kind === "dragging" || gesture.kind === "pulling" ? gesture : undefined;
    const mask = shownMask(picture);
    const overlay = overlayOf(picture);
    const about = [this.#version, drawn, cursor, picked, byKeys, tools.isFilled, viewport, density(), selection];
    return [...about, picture.edit.present, mask?.mask, mask?.look, mask?.isDraft, overlay?.found, overlay?.lit];
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
    const { cursor, picked } = pointing;
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
      rubber: boxInMaking(state),
      cursor,
    });
    const outline = mask?.look === "final" ? steadyPath(mask.mask, viewport) : undefined;
    this.#tools.show(outline, viewport, ratio);
  }
}
