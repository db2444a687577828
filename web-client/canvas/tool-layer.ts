import type { Spot, TrailSpot } from "../geometry/spot.js";
import type { Viewport } from "../geometry/viewport.js";
import { strokeTwice } from "./paint-grips.js";
import { shape } from "./shape.js";

/** What a tool is about to do, in CSS pixels. */
export interface Live {
  readonly trail?: readonly TrailSpot[] | undefined;
  readonly lasso?: readonly Spot[] | undefined;
  /** Whether it is set corner by corner: its first corner closes it. */
  readonly closable?: boolean | undefined;
  readonly brush?: TrailSpot | undefined;
  readonly erase?: boolean | undefined;
}

const paintColour = "rgb(56 132 255 / 0.55)";
const eraseColour = "rgb(224 49 72 / 0.5)";
const dash = 6;
/** A frame of the moving outline; smoother costs more and says no more. */
const marchEveryMs = 80;
const marchPixels = 1.2;
/** With nobody at it the outline stands still. */
const idleMs = 20_000;

/**
 * A canvas of its own above the picture's: the outline that moves, the brush and its stroke. None of them has the picture
 * painted anew, so they keep up with the pointer whatever the picture's size.
 */
export class ToolLayer {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #still = matchMedia("(prefers-reduced-motion: reduce)");
  #outline: Path2D | undefined;
  #live: Live = {};
  #view: Viewport | undefined;
  #density = 1;
  #hasOutline = false;
  #offset = 0;
  #frame: number | undefined;
  #marching: ReturnType<typeof setTimeout> | undefined;
  #lastUsedMs = 0;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    const begin = () => this.#march();
    document.addEventListener("visibilitychange", begin);
    this.#still.addEventListener("change", begin);
    for (const event of ["pointermove", "pointerdown", "keydown"]) {
      addEventListener(event, () => this.#use(), { passive: true });
    }
  }

  set live(live: Live) {
    if (isNothing(live) && isNothing(this.#live)) return;
    this.#live = live;
    this.#draw();
  }

  /** @param outline on the canvas, in CSS pixels. */
  show(outline: Path2D | undefined, view: Viewport, density: number): void {
    this.#canvas.hidden = false;
    shape(this.#canvas, view, density);
    const isMoved = view !== this.#view || density !== this.#density;
    const isNew = outline !== this.#outline;
    this.#view = view;
    this.#density = density;
    this.#outline = outline;
    // With the picture's own frame the outline of the mask before goes. Its own comes with the next, so that a new mask
    // is on the screen the sooner: until then it has the picture's light outline.
    if (isMoved || (isNew && !isNothing(this.#live))) this.#paint();
    else if (isNew) {
      if (this.#hasOutline) this.#clear();
      this.#draw();
    }
    if (isNew) this.#use();
  }

  /** Without a picture there is nothing to do. */
  hide(): void {
    this.#canvas.hidden = true;
    this.#outline = undefined;
  }

  #use(): void {
    this.#lastUsedMs = performance.now();
    this.#march();
  }

  #march(): void {
    const isMoving =
      this.#outline !== undefined &&
      !document.hidden &&
      !this.#still.matches &&
      performance.now() - this.#lastUsedMs < idleMs;
    if (!isMoving || this.#marching !== undefined) return;
    this.#marching = setTimeout(() => {
      this.#marching = undefined;
      this.#offset = (this.#offset + marchPixels) % (2 * dash);
      this.#draw();
      this.#march();
    }, marchEveryMs);
  }

  #draw(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#paint();
    });
  }

  #paint(): void {
    const context = this.#clear();
    if (context === null) return;
    context.setTransform(this.#density, 0, 0, this.#density, 0, 0);
    this.#hasOutline = this.#outline !== undefined;
    if (this.#outline !== undefined) this.#paintOutline(context, this.#outline);
    const { trail, lasso, brush, erase } = this.#live;
    if (trail !== undefined) paintTrail(context, trail, erase === true);
    if (lasso !== undefined) paintLasso(context, this.#live, lasso);
    if (brush !== undefined) {
      strokeTwice(context, () => context.arc(brush.x, brush.y, Math.max(1, brush.radius), 0, 2 * Math.PI));
    }
  }

  #clear(): CanvasRenderingContext2D | null {
    this.#context?.setTransform(1, 0, 0, 1, 0, 0);
    this.#context?.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#hasOutline = false;
    return this.#context;
  }

  /** Dark dashes on the picture's own light outline. */
  #paintOutline(context: CanvasRenderingContext2D, outline: Path2D): void {
    context.save();
    context.lineWidth = 2;
    context.lineJoin = "round";
    context.strokeStyle = "rgb(10 20 48)";
    context.setLineDash([dash, dash]);
    context.lineDashOffset = -this.#offset;
    context.stroke(outline);
    context.restore();
  }
}

function isNothing(live: Live): boolean {
  return Object.values(live).every((part) => part === undefined);
}

/** As one shape, so that a stroke over itself is no darker there. */
function paintTrail(context: CanvasRenderingContext2D, trail: readonly TrailSpot[], erase: boolean): void {
  const path = new Path2D();
  trail.forEach((spot, at) => {
    path.moveTo(spot.x + spot.radius, spot.y);
    path.arc(spot.x, spot.y, spot.radius, 0, 2 * Math.PI);
    const before = trail[at - 1];
    if (before !== undefined) addBand(path, before, spot);
  });
  context.fillStyle = erase ? eraseColour : paintColour;
  context.fill(path, "nonzero");
}

/** The same way round as the discs: where they overlap nothing cancels out. */
function addBand(path: Path2D, a: TrailSpot, b: TrailSpot): void {
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  if (length === 0) return;
  const [nx, ny] = [-(b.y - a.y) / length, (b.x - a.x) / length];
  path.moveTo(a.x - nx * a.radius, a.y - ny * a.radius);
  path.lineTo(b.x - nx * b.radius, b.y - ny * b.radius);
  path.lineTo(b.x + nx * b.radius, b.y + ny * b.radius);
  path.lineTo(a.x + nx * a.radius, a.y + ny * a.radius);
  path.closePath();
}

function paintLasso(context: CanvasRenderingContext2D, { erase, closable }: Live, lasso: readonly Spot[]): void {
  const [first] = lasso;
  if (first === undefined) return;
  const path = new Path2D();
  for (const { x, y } of lasso) path.lineTo(x, y);
  context.save();
  context.globalAlpha = 0.5;
  context.fillStyle = erase === true ? eraseColour : paintColour;
  context.fill(path);
  context.globalAlpha = 1;
  context.lineJoin = "round";
  context.lineWidth = 3.5;
  context.strokeStyle = "rgb(6 24 66 / 0.75)";
  context.stroke(path);
  context.lineWidth = 1.5;
  context.strokeStyle = "rgb(255 255 255)";
  context.stroke(path);
  context.restore();
  if (closable === true) strokeTwice(context, () => context.arc(first.x, first.y, 6, 0, 2 * Math.PI));
}
