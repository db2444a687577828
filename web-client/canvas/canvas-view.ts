import type { Mask } from "../../proto/index.js";
import type { Corners, Size, Spot } from "../geometry/spot.js";
import { actualSize, contain, isWhole, panBy, refit, reveal, type Viewport, zoomAbout } from "../geometry/viewport.js";
import { shownAnswer } from "../state/edit.js";
import { carried, type Grip } from "../state/grip.js";
import { hasPrompts, noPrompts } from "../state/prompts.js";
import { overlayOf, type ShownPicture } from "../state/state.js";
import { FoundLayer } from "./found-layer.js";
import { steadyPath } from "./mask-path.js";
import { ObjectsLayer } from "./objects-layer.js";
import { type MaskLook, paint } from "./paint.js";
import { PicturePyramid } from "./picture-pyramid.js";
import { ToolLayer } from "./tool-layer.js";

/** The canvas: as large as the picture is shown or as the room it has, in the middle of the room. */
export class CanvasView {
  readonly canvas: HTMLCanvasElement;
  readonly tools: ToolLayer;
  readonly #room: HTMLElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #onChange: () => void;
  #bitmap: ImageBitmap | undefined;
  #pyramid: PicturePyramid | undefined;
  readonly #found: FoundLayer;
  readonly #objects = new ObjectsLayer();
  #viewport: Viewport = { width: 1, height: 1, scale: 1, left: 0, top: 0 };
  #roomSize: Size = { width: 1, height: 1 };
  /** All that the canvas was painted from: what changes nothing of it costs nothing. */
  #painted: readonly unknown[] = [];
  /** The box being drawn, in CSS pixels. */
  rubber: Corners | undefined;
  /** The keyboard's pointer, in pixels of the picture. */
  cursor: Spot | undefined;
  /** The finished objects that stand out. */
  lit: readonly number[] = [];
  /** The point that is picked. */
  picked: number | undefined;
  /** What is being pulled elsewhere, and where it is now, in pixels of the picture. */
  held: { readonly grip: Grip; readonly pixel: Spot } | undefined;
  /** Whether masks are filled, or only outlined. */
  filled = true;

  constructor(
    { canvas, tools, room }: { canvas: HTMLCanvasElement; tools: HTMLCanvasElement; room: HTMLElement },
    onChange: () => void,
  ) {
    this.canvas = canvas;
    this.tools = new ToolLayer(tools);
    this.#room = room;
    this.#onChange = onChange;
    this.#found = new FoundLayer(() => {
      this.#painted = [];
      onChange();
    });
    const context = canvas.getContext("2d", { alpha: false });
    if (context === null) throw new Error("This browser cannot draw on a canvas.");
    this.#context = context;
    new ResizeObserver(() => this.#resize()).observe(room);
    // What a lost GPU had of the canvases is gone.
    canvas.addEventListener("contextrestored", () => {
      this.#pyramid = undefined;
      this.#painted = [];
      onChange();
    });
  }

  get viewport(): Viewport {
    return this.#viewport;
  }

  get bitmap(): ImageBitmap | undefined {
    return this.#bitmap;
  }

  /** Whether all of the picture is to be seen. */
  get isWhole(): boolean {
    return this.#bitmap === undefined || isWhole(this.#viewport, this.#bitmap, this.#roomSize);
  }

  /** Pixels of the screen per pixel of the picture. */
  get zoom(): number {
    return this.#viewport.scale * this.#density();
  }

  setPicture(bitmap: ImageBitmap): void {
    this.#bitmap?.close();
    this.#bitmap = bitmap;
    this.#pyramid = undefined;
    this.#painted = [];
    this.rubber = undefined;
    this.cursor = undefined;
    this.picked = undefined;
    this.held = undefined;
    this.#measure();
    this.#viewport = contain(bitmap, this.#roomSize);
  }

  /** @param place on the canvas, in CSS pixels; its middle when left out. */
  zoomBy(factor: number, place?: Spot): void {
    const { width, height } = this.#viewport;
    const about = place ?? { x: width / 2, y: height / 2 };
    this.#look((view, picture, room) => zoomAbout(view, picture, room, about, factor));
  }

  panBy(by: Spot): void {
    this.#look((view, picture, room) => panBy(view, picture, room, by));
  }

  /** Brings a pixel of the picture into view. */
  reveal(pixel: Spot): void {
    this.#look((view, picture, room) => reveal(view, picture, room, pixel));
  }

  showWhole(): void {
    this.#look((_view, picture, room) => contain(picture, room));
  }

  showActualSize(): void {
    this.#look((view, picture, room) => actualSize(view, picture, room, this.#density()));
  }

  render(picture: ShownPicture): void {
    const bitmap = this.#bitmap;
    if (bitmap === undefined) return;
    const density = this.#density();
    const overlay = overlayOf(picture);
    const { present } = picture.edit;
    const mask = maskOf(picture);
    const { rubber, cursor, lit, picked, held, filled } = this;
    const about = [rubber, cursor, lit, picked, held, filled, this.#viewport, density];
    const sources = [...about, present, mask?.mask, mask?.look, overlay?.found, overlay?.lit];
    if (isSame(sources, this.#painted)) return;
    this.#painted = sources;
    this.#shape(density);
    this.#pyramid ??= new PicturePyramid(bitmap, {
      smallest: contain(bitmap, this.#roomSize).scale * density,
      onRest: () => {
        this.#painted = [];
        this.#onChange();
      },
    });
    const prompts = overlay === undefined ? present.prompts : noPrompts;
    paint(this.#context, {
      picture: this.#pyramid,
      viewport: this.#viewport,
      density,
      found: overlay && this.#found.render(overlay, this.#viewport, density),
      // The masks of everything mode have colours of their own.
      objects: () => {
        if (overlay === undefined) this.#objects.paint(this.#context, present, this.#viewport, this.lit);
      },
      mask,
      fill: this.filled,
      prompts: this.held === undefined ? prompts : carried(prompts, this.held.grip, this.held.pixel),
      picked: this.picked,
      pending: hasPrompts(present.prompts) && present.answer === undefined,
      rubber: this.rubber,
      cursor: this.cursor,
    });
    const outline = mask?.look === "final" ? steadyPath(mask.mask, this.#viewport) : undefined;
    this.tools.show(outline, this.#viewport, density);
  }

  #look(at: (view: Viewport, picture: Size, room: Size) => Viewport): void {
    if (this.#bitmap === undefined) return;
    this.#viewport = at(this.#viewport, this.#bitmap, this.#roomSize);
    this.#onChange();
  }

  #resize(): void {
    const before = this.#roomSize;
    this.#measure();
    if (this.#bitmap !== undefined) this.#viewport = refit(this.#viewport, this.#bitmap, before, this.#roomSize);
    this.#onChange();
  }

  #measure(): void {
    this.#roomSize = { width: this.#room.clientWidth || 1, height: this.#room.clientHeight || 1 };
  }

  /** The element's own size; changing it clears it, so only when it must. */
  #shape(density: number): void {
    const { width, height } = this.#viewport;
    const [deviceWidth, deviceHeight] = [Math.round(width * density), Math.round(height * density)];
    if (this.canvas.width === deviceWidth && this.canvas.height === deviceHeight) return;
    this.canvas.width = deviceWidth;
    this.canvas.height = deviceHeight;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
  }

  #density(): number {
    return Math.min(3, globalThis.devicePixelRatio || 1);
  }
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at]);
}

/** The mask to be seen: the present's, or until it comes the one before it or the preview under the pointer. */
export function maskOf(picture: ShownPicture): { mask: Mask; look: MaskLook; sequence: number } | undefined {
  // The object in hand makes room for the choice of another.
  if (overlayOf(picture) !== undefined) return undefined;
  const { edit } = picture;
  const shown = shownAnswer(edit);
  if (shown !== undefined) {
    const mask = shown.answer.masks[shown.answer.chosen];
    return mask && { mask, look: shown.pending ? "pending" : "final", sequence: shown.sequence };
  }
  if (edit.hover.shown === undefined) return undefined;
  return { mask: edit.hover.shown, look: "preview", sequence: 0 };
}
