import { decodeUpright } from "../../upright/decode-upright.js";
import type { Shelf } from "../frames/shelf.js";
import type { Track } from "../state/track.js";
import { paintFrame } from "./paint-frame.js";

/** Frames that are decoded before their time has come. */
const ahead = 4;
const kept = 12;

interface PlayerOptions {
  /** Over the picture, and hidden while that is what is to be seen. */
  readonly canvas: HTMLCanvasElement;
  readonly room: HTMLElement;
  readonly shelf: () => Shelf;
  readonly track: () => Track;
  /** Another frame is on the canvas. */
  readonly onFrame: (frame: number) => void;
  readonly onEnd: () => void;
}

/** Shows frames with their masks, one or one after the other, without a word to the service. */
export class Player {
  readonly #options: PlayerOptions;
  readonly #bitmaps = new Map<number, Promise<ImageBitmap>>();
  #wanted: number | undefined;
  #playing: { readonly from: number; readonly sinceMs: number } | undefined;
  #isWaiting = false;

  constructor(options: PlayerOptions) {
    this.#options = options;
    new ResizeObserver(() => this.redraw()).observe(options.room);
  }

  get isPlaying(): boolean {
    return this.#playing !== undefined;
  }

  /** @returns when it is drawn. */
  async show(frame: number): Promise<void> {
    this.#wanted = frame;
    const bitmap = await this.#bitmapOf(frame).catch(() => undefined);
    if (bitmap === undefined || this.#wanted !== frame) return;
    this.#draw(bitmap, frame);
  }

  hide(): void {
    if (this.#playing !== undefined) return;
    this.#wanted = undefined;
    this.#options.canvas.hidden = true;
  }

  /** Its masks have changed, or its room has. */
  redraw(): void {
    if (this.#wanted !== undefined && this.#playing === undefined) void this.show(this.#wanted);
  }

  play(from: number): void {
    this.#playing = { from, sinceMs: performance.now() };
    void this.show(from);
    requestAnimationFrame(() => this.#tick());
  }

  pause(): void {
    this.#playing = undefined;
  }

  forget(): void {
    this.pause();
    this.#wanted = undefined;
    this.#options.canvas.hidden = true;
    for (const bitmap of this.#bitmaps.values()) bitmap.then((one) => one.close()).catch(() => {});
    this.#bitmaps.clear();
  }

  #tick(): void {
    const playing = this.#playing;
    if (playing === undefined) return;
    const shelf = this.#options.shelf();
    const last = shelf.frames.length - 1;
    const at = shelf.timeMs(playing.from) + performance.now() - playing.sinceMs;
    let frame = this.#wanted ?? playing.from;
    while (frame < last && shelf.timeMs(frame + 1) <= at) frame++;
    if (frame !== this.#wanted && !this.#isWaiting) {
      this.#isWaiting = true;
      const done = () => {
        this.#isWaiting = false;
      };
      this.show(frame).then(done, done);
      this.#options.onFrame(frame);
    }
    for (let next = frame + 1; next <= Math.min(last, frame + ahead); next++) this.#bitmapOf(next).catch(() => {});
    if (frame >= last) {
      this.#playing = undefined;
      this.#options.onEnd();
    } else requestAnimationFrame(() => this.#tick());
  }

  #draw(bitmap: ImageBitmap, frame: number): void {
    const { canvas, room, track } = this.#options;
    const density = globalThis.devicePixelRatio;
    const scale = Math.min(room.clientWidth / bitmap.width, room.clientHeight / bitmap.height);
    const [width, height] = [bitmap.width * scale, bitmap.height * scale];
    canvas.width = Math.max(1, Math.round(width * density));
    canvas.height = Math.max(1, Math.round(height * density));
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    canvas.hidden = false;
    paintFrame(canvas, bitmap, track(), frame);
  }

  #bitmapOf(frame: number): Promise<ImageBitmap> {
    const known = this.#bitmaps.get(frame);
    if (known !== undefined) return known;
    const reading = this.#options.shelf().file(frame).then(decodeUpright);
    this.#bitmaps.set(frame, reading);
    reading.catch(() => this.#bitmaps.delete(frame));
    for (const [old, bitmap] of this.#bitmaps) {
      if (this.#bitmaps.size <= kept) break;
      this.#bitmaps.delete(old);
      bitmap.then((one) => one.close()).catch(() => {});
    }
    return reading;
  }
}
