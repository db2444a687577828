import { create } from "@bufbuild/protobuf";
import { encodeRle, type MaskRuns, RleSchema, rleArea } from "../proto/index.js";
import type { CanvasView } from "./canvas/canvas-view.js";
import { listenToKeyboard } from "./canvas/keyboard-input.js";
import { listenToPointer, type Pointer } from "./canvas/pointer-input.js";
import type { Client } from "./client.js";
import { coverPolygon, coverStroke } from "./geometry/cover.js";
import type { Spot, TrailSpot } from "./geometry/spot.js";
import { boxAt, pixelAt, placeOf } from "./geometry/viewport.js";
import { element, setText } from "./panel/element.js";
import type { ToolboxView } from "./panel/toolbox-view.js";
import type { ToolsView } from "./panel/tools-view.js";
import type { Gesture, Outcome } from "./state/gesture.js";
import { carried, cursorOf, type Grip, gripAt } from "./state/grip.js";
import { previewEveryMs } from "./state/preview-pace.js";
import { noPrompts, type Prompts } from "./state/prompts.js";
import { overlayOf } from "./state/state.js";
import { words } from "./words/words.js";

/** A highlight costs nothing. */
const highlightEveryMs = 16;

interface Parts {
  readonly client: Client;
  readonly tools: ToolsView;
  readonly toolbox: ToolboxView;
  /** @returns whether there was an object in hand to keep. */
  readonly onKeep: () => boolean;
  readonly invalidate: () => void;
}

/** The hand on the canvas, with mouse, pen, finger or keys: what it does with the tool it holds becomes an event. */
export class Hand {
  readonly #client: Client;
  readonly #view: CanvasView;
  readonly #tools: ToolsView;
  readonly #toolbox: ToolboxView;
  readonly #invalidate: () => void;
  readonly #pointer: Pointer;
  readonly #spoken = element("hand-announcement", HTMLElement);
  #place: TrailSpot | undefined;
  #gesture: Gesture = { kind: "idle" };

  constructor({ client, tools, toolbox, onKeep, invalidate }: Parts) {
    this.#client = client;
    this.#view = client.view;
    this.#tools = tools;
    this.#toolbox = toolbox;
    this.#invalidate = invalidate;
    this.#pointer = this.#listenToPointer();
    this.#listenToKeyboard(onKeep);
  }

  /** Whether there was something under way, or picked, to give up. */
  cancel(): boolean {
    if (this.#pointer.cancel()) return true;
    if (this.#picked === undefined) return false;
    this.#pick(undefined);
    return true;
  }

  /** Another tool, or another width of the brush. */
  changed(): void {
    this.#pointer.cancel();
    this.#pick(undefined);
    this.#show();
  }

  get #prompts(): Prompts {
    const { picture } = this.#client.store.state;
    return picture.kind === "empty" || overlayOf(picture) !== undefined ? noPrompts : picture.edit.present.prompts;
  }

  get #picked(): number | undefined {
    const { picked } = this.#view;
    return picked !== undefined && this.#prompts.points[picked] !== undefined ? picked : undefined;
  }

  get #isOverlay(): boolean {
    return overlayOf(this.#client.store.state.picture) !== undefined;
  }

  #listenToPointer(): Pointer {
    return listenToPointer(this.#view.canvas, {
      tool: () => (this.#isOverlay && this.#toolbox.tool !== "hand" ? "click" : this.#toolbox.tool),
      label: () => this.#tools.label,
      brushSize: () => this.#toolbox.brushSize,
      gripAt: (place, reach) => this.#gripAt(place, reach),
      onOutcome: (outcome) => this.#act(outcome),
      onGesture: (gesture) => this.#become(gesture),
      onPlace: (place, grip) => {
        this.#place = place;
        this.#view.canvas.style.cursor = this.#toolbox.tool === "brush" && !this.#isOverlay ? "none" : cursorOf(grip);
        this.#show();
      },
      hoverEveryMs: () => (this.#isOverlay ? highlightEveryMs : previewEveryMs(this.#client.store.state)),
      onPress: (place, label) => {
        const picture = this.#view.bitmap;
        if (picture === undefined) return;
        const spot = pixelAt(this.#view.viewport, picture, place);
        this.#client.dispatch({ kind: "press", ...spot, label, atMs: performance.now() });
      },
      onHover: (place) => {
        const picture = this.#view.bitmap;
        if (place === undefined || picture === undefined) this.#client.dispatch({ kind: "hover-end" });
        else if (this.#toolbox.tool === "click" || this.#isOverlay) {
          this.#client.dispatch({
            kind: "hover",
            ...pixelAt(this.#view.viewport, picture, place),
            atMs: performance.now(),
          });
        }
      },
    });
  }

  #listenToKeyboard(onKeep: () => boolean): void {
    const { dispatch } = this.#client;
    const atMs = () => performance.now();
    listenToKeyboard(this.#view.canvas, {
      size: () => this.#view.bitmap,
      tool: () => this.#toolbox.tool,
      points: () => this.#prompts.points,
      picked: () => this.#picked,
      onCursor: (cursor) => {
        this.#view.cursor = cursor;
        if (cursor !== undefined) {
          this.#pick(undefined);
          this.#view.reveal(cursor);
        }
        this.#invalidate();
      },
      onTap: (spot, secondary) => this.#tap(spot, secondary),
      onBox: (box) => dispatch({ kind: "box", ...box, atMs: atMs() }),
      onPick: (index) => this.#pick(index),
      onCarry: (index, to) => {
        this.#view.held = { grip: { kind: "point", index }, pixel: to };
        this.#view.reveal(to);
        this.#invalidate();
      },
      onDrop: (index, to) => {
        this.#view.held = undefined;
        dispatch({ kind: "point-moved", index, ...to, atMs: atMs() });
        this.#invalidate();
      },
      onRemove: (index) => this.#remove(index),
      onClose: () => this.#pointer.close(),
      onKeep,
    });
  }

  #gripAt(place: Spot, reach: number): Grip | undefined {
    const { tool } = this.#toolbox;
    if (reach === 0 || (tool !== "click" && tool !== "box")) return undefined;
    const grip = gripAt(this.#prompts, this.#view.viewport, place, reach, this.#picked);
    return tool === "box" && grip?.kind !== "box" ? undefined : grip;
  }

  #tap(spot: Spot, secondary: boolean): void {
    // A place of the keyboard's is a pixel; the picture may reach beyond the canvas, and then so does the place.
    if (this.#toolbox.tool === "click" || this.#toolbox.tool === "hand") {
      const label = secondary ? 0 : this.#tools.label;
      this.#client.dispatch({ kind: "point", ...spot, label, atMs: performance.now() });
    } else this.#pointer.tap(placeOf(this.#view.viewport, spot), secondary);
  }

  #act(outcome: Outcome): void {
    const { bitmap: picture, viewport } = this.#view;
    if (picture === undefined) return;
    const { dispatch } = this.#client;
    const atMs = performance.now();
    switch (outcome.kind) {
      case "point":
        dispatch({ kind: "point", ...pixelAt(viewport, picture, outcome), label: outcome.label, atMs });
        break;
      case "box":
        dispatch({ kind: "box", ...boxAt(viewport, picture, outcome), atMs });
        break;
      case "picked":
        if (outcome.grip.kind === "point") this.#pick(outcome.grip.index);
        break;
      case "removed":
        this.#remove(outcome.index);
        break;
      case "pulled":
        this.#pulled(outcome.grip, outcome);
        break;
      case "stroke": {
        const { scale, left, top } = viewport;
        const trail = outcome.trail.map(({ x, y, radius }) => ({
          x: (x + left) / scale,
          y: (y + top) / scale,
          radius: radius / scale,
        }));
        this.#paint("brush", coverStroke(trail, picture), outcome.erase);
        break;
      }
      case "lasso": {
        const { scale, left, top } = viewport;
        const corners = outcome.corners.map(({ x, y }) => ({ x: (x + left) / scale, y: (y + top) / scale }));
        this.#paint("lasso", coverPolygon(corners, picture), outcome.erase);
        break;
      }
    }
  }

  #paint(tool: "brush" | "lasso", covered: MaskRuns, erase: boolean): void {
    if (rleArea(covered) === 0) return;
    this.#pick(undefined);
    const rle = create(RleSchema, encodeRle(covered));
    const operation = erase ? "difference" : "union";
    this.#client.dispatch({ kind: "painted", tool, rle, operation, atMs: performance.now() });
  }

  #pulled(grip: Grip, place: Spot): void {
    const { bitmap: picture, viewport } = this.#view;
    if (picture === undefined) return;
    const atMs = performance.now();
    if (grip.kind === "point") {
      this.#pick(grip.index);
      this.#client.dispatch({ kind: "point-moved", index: grip.index, ...pixelAt(viewport, picture, place), atMs });
      return;
    }
    const { box } = carried(this.#prompts, grip, this.#edgeAt(place));
    if (box !== undefined && box.x0 < box.x1 && box.y0 < box.y1) this.#client.dispatch({ kind: "box", ...box, atMs });
  }

  /** Where a side of a box comes to lie: between pixels, at most on the picture's edge. */
  #edgeAt({ x, y }: Spot): Spot {
    const { bitmap: picture, viewport } = this.#view;
    if (picture === undefined) return { x, y };
    const corner = boxAt(viewport, picture, { x0: x, y0: y, x1: x, y1: y });
    return { x: corner.x0, y: corner.y0 };
  }

  #remove(index: number): void {
    this.#pick(undefined);
    this.#client.dispatch({ kind: "point-removed", index, atMs: performance.now() });
  }

  #pick(index: number | undefined): void {
    const { picked } = this.#view;
    this.#view.picked = index;
    this.#view.held = undefined;
    if (picked === index) return;
    const { points } = this.#prompts;
    const point = index === undefined ? undefined : points[index];
    setText(
      this.#spoken,
      point === undefined || index === undefined ? "" : words.hand.point(index + 1, points.length, point.label === 1),
    );
    if (point !== undefined) this.#view.reveal(point);
    this.#invalidate();
  }

  #become(gesture: Gesture): void {
    const before = this.#gesture;
    this.#gesture = gesture;
    const { bitmap: picture, viewport } = this.#view;
    const isBox = gesture.kind === "dragging";
    const held =
      gesture.kind === "pulling" && picture !== undefined
        ? {
            grip: gesture.grip,
            pixel: gesture.grip.kind === "box" ? this.#edgeAt(gesture) : pixelAt(viewport, picture, gesture),
          }
        : undefined;
    // The picture's own canvas is painted anew only for what is painted on it.
    if (isBox || before.kind === "dragging" || held !== undefined || before.kind === "pulling") {
      this.#view.rubber = isBox ? gesture : undefined;
      this.#view.held = held;
      this.#invalidate();
    }
    this.#show();
  }

  #show(): void {
    const gesture = this.#gesture;
    const isBrush = this.#toolbox.tool === "brush" && !this.#isOverlay;
    const place = this.#place;
    const brush =
      isBrush && place !== undefined && (gesture.kind === "idle" || gesture.kind === "painting") ? place : undefined;
    switch (gesture.kind) {
      case "painting":
        this.#view.tools.live = { trail: gesture.trail, erase: gesture.erase, brush };
        break;
      case "lassoing":
        this.#view.tools.live = { lasso: [...gesture.corners, ...gesture.trail], erase: gesture.erase };
        break;
      case "cornering": {
        const { corners, to, erase } = gesture;
        this.#view.tools.live = { lasso: [...corners, to], erase, closable: corners.length > 2 };
        break;
      }
      default:
        this.#view.tools.live = brush === undefined ? {} : { brush: { ...brush, radius: this.#radius(brush) } };
    }
  }

  /** A wheel or a key may have changed it since the pointer moved. */
  #radius(brush: TrailSpot): number {
    return this.#gesture.kind === "idle" ? this.#toolbox.brushSize / 2 : brush.radius;
  }
}
