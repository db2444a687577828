import { shownMask } from "./canvas/shown-mask.js";
import { Drawing } from "./state/drawing.js";
import { answerIsNearMs } from "./state/preview.js";
import type { State } from "./state/state.js";
import type { StatePort } from "./state/state-port.js";
import type { Views } from "./state/view.js";

/** How often words with a number of seconds in them are written anew. */
const tickMs = 250;

/** Draws what has changed of the state, at most once a frame. */
export class Screen {
  readonly #port: StatePort;
  readonly #canvas: Drawing[] = [];
  readonly #others: Drawing[] = [];
  #frame: number | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;
  #tick: ReturnType<typeof setTimeout> | undefined;

  constructor(port: StatePort) {
    this.#port = port;
  }

  add({ canvas, others }: Views): void {
    this.#canvas.push(...canvas.map((view) => new Drawing(view)));
    this.#others.push(...others.map((view) => new Drawing(view)));
    this.invalidate();
  }

  /** Something may have changed. */
  invalidate(): void {
    const { state } = this.#port;
    if (![...this.#canvas, ...this.#others].some((drawing) => drawing.isStale(state))) return;
    clearTimeout(this.#later);
    const waitMs = answerIsNearMs(state, performance.now());
    if (waitMs > 0) this.#later = setTimeout(() => this.invalidate(), waitMs);
    else this.#frame ??= requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#frame = undefined;
    const { state } = this.#port;
    const nowMs = performance.now();
    for (const drawing of this.#canvas) drawing.drawIfStale(state, nowMs);
    // A new mask first: the words about it come with the next frame, which the note of when it was drawn asks for.
    if (this.#noteDrawn(state)) return;
    for (const drawing of this.#others) drawing.drawIfStale(state, nowMs);
    this.#tickOn();
  }

  /** @returns whether a click's mask has been drawn for the first time. */
  #noteDrawn({ picture, latency }: State): boolean {
    if (picture.kind === "empty" || latency === undefined || latency.drawMs !== undefined) return false;
    const { sequence, answeredAtMs } = latency;
    if (sequence !== shownMask(picture)?.sequence) return false;
    this.#port.dispatch({ kind: "drawn", sequence, drawMs: performance.now() - answeredAtMs });
    return true;
  }

  #tickOn(): void {
    clearTimeout(this.#tick);
    const isPassing = (drawing: Drawing) => drawing.isPassing(this.#port.state);
    if (!this.#others.some(isPassing)) return;
    this.#tick = setTimeout(() => {
      for (const drawing of this.#others.filter(isPassing)) drawing.draw(this.#port.state, performance.now());
      this.#tickOn();
    }, tickMs);
  }
}
