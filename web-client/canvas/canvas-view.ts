import type { Mask } from "../../proto/index.js";
import { shownAnswer } from "../state/edit.js";
import { type Corners, hasPrompts, noPrompts, overlayOf, type ShownPicture, type Spot } from "../state/state.js";
import { FoundLayer } from "./found-layer.js";
import { type MaskLook, paint } from "./paint.js";
import { contain, type Viewport } from "./viewport.js";

/** The canvas: exactly as large as the picture is shown, in the middle of the room it has. */
export class CanvasView {
  readonly canvas: HTMLCanvasElement;
  readonly #room: HTMLElement;
  readonly #context: CanvasRenderingContext2D;
  #bitmap: ImageBitmap | undefined;
  /** The picture at the size it is shown, so that a mask over a large photo repaints quickly. */
  #scaled: HTMLCanvasElement | undefined;
  readonly #found = new FoundLayer();
  #viewport: Viewport = { width: 1, height: 1, scale: 1 };
  /** The box being drawn, in CSS pixels. */
  rubber: Corners | undefined;
  /** The keyboard's pointer, in pixels of the picture. */
  cursor: Spot | undefined;

  constructor(canvas: HTMLCanvasElement, room: HTMLElement, onResize: () => void) {
    this.canvas = canvas;
    this.#room = room;
    const context = canvas.getContext("2d", { alpha: false });
    if (context === null) throw new Error("This browser cannot draw on a canvas.");
    this.#context = context;
    new ResizeObserver(() => {
      this.#scaled = undefined;
      onResize();
    }).observe(room);
  }

  get viewport(): Viewport {
    return this.#viewport;
  }

  get bitmap(): ImageBitmap | undefined {
    return this.#bitmap;
  }

  setPicture(bitmap: ImageBitmap): void {
    this.#bitmap?.close();
    this.#bitmap = bitmap;
    this.#scaled = undefined;
    this.rubber = undefined;
    this.cursor = undefined;
  }

  render(picture: ShownPicture): void {
    const bitmap = this.#bitmap;
    if (bitmap === undefined) return;
    const scaled = this.#scaled ?? this.#scale(bitmap);
    const density = this.#density();
    const overlay = overlayOf(picture);
    const { present } = picture.edit;
    paint(this.#context, {
      picture: scaled,
      size: bitmap,
      viewport: this.#viewport,
      density,
      found: overlay && this.#found.render(overlay, this.#viewport, density),
      mask: maskOf(picture),
      prompts: overlay === undefined ? present.prompts : noPrompts,
      pending: hasPrompts(present.prompts) && present.answer === undefined,
      rubber: this.rubber,
      cursor: this.cursor,
    });
  }

  #scale(bitmap: ImageBitmap): HTMLCanvasElement {
    this.#viewport = contain(bitmap, { width: this.#room.clientWidth, height: this.#room.clientHeight });
    const { width, height } = this.#viewport;
    const density = this.#density();
    const scaled = document.createElement("canvas");
    for (const canvas of [scaled, this.canvas]) {
      canvas.width = Math.round(width * density);
      canvas.height = Math.round(height * density);
    }
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    const context = scaled.getContext("2d", { alpha: false });
    if (context !== null) {
      context.imageSmoothingQuality = "high";
      // Transparent pictures lie on white, as the service sees them on no less neutral a ground.
      context.fillStyle = "white";
      context.fillRect(0, 0, scaled.width, scaled.height);
      context.drawImage(bitmap, 0, 0, scaled.width, scaled.height);
    }
    this.#scaled = scaled;
    return scaled;
  }

  #density(): number {
    return Math.min(3, globalThis.devicePixelRatio || 1);
  }
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
