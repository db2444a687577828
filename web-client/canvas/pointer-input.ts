import type { Spot, TrailSpot } from "../geometry/spot.js";
import { pixelAt } from "../geometry/viewport.js";
import { previewEveryMs } from "../sdk/session/preview-pace.js";
import { reachOf } from "../state/grip.js";
import { pictureSize } from "../state/pointed.js";
import { overlayOf, type State } from "../state/state.js";
import type { StatePort } from "../state/state-port.js";
import { pressedRadius } from "../state/tools.js";
import { placeOn } from "./place-on.js";

const holdMs = 450;
const secondaryButton = 2;
/** The other end of a pen. */
const eraserButton = 5;
const buttons = [0, secondaryButton, eraserButton];
/** A pointer that sets out after a rest is somewhere else at once. */
const leastHoverMs = 15;
/** A highlight costs nothing. */
const highlightEveryMs = 16;

/** Mouse, pen and finger on the canvas: what they do becomes events, and so does that they rest. */
export function listenToPointer(canvas: HTMLCanvasElement, port: StatePort): void {
  const { dispatch } = port;
  const gesture = () => port.state.pointing.gesture;
  let holding: ReturnType<typeof setTimeout> | undefined;
  let hovering: ReturnType<typeof setTimeout> | undefined;
  let hovered: Spot | undefined;
  let hoveredAtMs = 0;

  const stopHovering = () => {
    hovered = undefined;
    clearTimeout(hovering);
    hovering = undefined;
  };
  /** Something has begun: what lies under the pointer is no longer the question. */
  const stopWhenBusy = () => {
    const { kind } = gesture();
    if (kind !== "idle" && kind !== "pressed") stopHovering();
  };
  const hover = (place: Spot) => {
    hovered = place;
    const dueAtMs = hoveredAtMs + hoverEveryMs(port.state);
    hovering ??= setTimeout(
      () => {
        hovering = undefined;
        // One that comes a little late puts none off after it.
        hoveredAtMs = Math.max(dueAtMs, performance.now() - leastHoverMs);
        const size = pictureSize(port.state);
        if (hovered === undefined || size === undefined || gesture().kind !== "idle") return;
        dispatch({ kind: "hover", ...pixelAt(port.state.viewport, size, hovered), atMs: performance.now() });
      },
      Math.max(leastHoverMs, dueAtMs - performance.now()),
    );
  };
  const spotOf = (event: PointerEvent): TrailSpot => ({
    ...placeOn(canvas, event),
    radius: pressedRadius(port.state.tools.brushSize, event.pointerType, event.pressure),
  });

  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || !buttons.includes(event.button)) return;
    canvas.setPointerCapture(event.pointerId);
    const isSecondary = event.button !== 0 || event.altKey || event.ctrlKey;
    const atMs = performance.now();
    dispatch({ kind: "pointer-down", place: spotOf(event), isSecondary, reach: reachOf(event.pointerType), atMs });
    stopWhenBusy();
    const pressed = gesture();
    if (event.pointerType === "mouse" || pressed.kind !== "pressed") return;
    clearTimeout(holding);
    holding = setTimeout(() => {
      if (gesture() === pressed) dispatch({ kind: "pointer-held", atMs: performance.now() });
    }, holdMs);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!event.isPrimary) return;
    const isTouch = event.pointerType === "touch";
    const place = spotOf(event);
    // A frame has more of a pen's way than one event tells.
    const coalesced = gesture().kind === "idle" ? [] : (event.getCoalescedEvents?.() ?? []);
    const way = coalesced.length > 0 ? coalesced.map(spotOf) : [place];
    dispatch({ kind: "pointer-moved", place, way, isTouch, reach: reachOf(event.pointerType) });
    stopWhenBusy();
    const { gesture: now, grip } = port.state.pointing;
    // Over what can be pulled a click asks nothing.
    if (now.kind === "idle" && grip === undefined && !isTouch) hover({ x: place.x, y: place.y });
  });
  canvas.addEventListener("pointerup", (event) => {
    if (event.isPrimary && gesture().kind !== "idle") dispatch({ kind: "pointer-up", atMs: performance.now() });
  });
  canvas.addEventListener("pointercancel", () => dispatch({ kind: "pointer-cancelled" }));
  canvas.addEventListener("pointerleave", () => {
    stopHovering();
    dispatch({ kind: "pointer-left" });
  });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
}

function hoverEveryMs(state: State): number {
  return overlayOf(state.picture) === undefined ? previewEveryMs(state.previewing) : highlightEveryMs;
}
