import type { Spot } from "../geometry/spot.js";
import type { StatePort } from "../state/state-port.js";
import { placeOn } from "./place-on.js";

const middleButton = 1;
/** A notch of a wheel is about 100 pixels; six of them are about a factor of three. A pinch on a trackpad comes as small steps. */
const zoomPerPixel = 0.0018;
const zoomPerPinchPixel = 0.01;
const pixelsPerLine = 16;
const largestStep = 2;

/** Looking closer and elsewhere: wheel, pinch, two fingers, the middle button, Space and drag. */
export function listenToView(canvas: HTMLCanvasElement, port: StatePort): void {
  const { dispatch } = port;
  const fingers = new Map<number, Spot>();
  let pan: { readonly pointer: number; readonly from: Spot } | undefined;
  const taken = new Set<number>();
  const movesPicture = () => port.state.tools.tool === "pan";
  const setPan = (next: typeof pan) => {
    pan = next;
    dispatch({ kind: "dragging", isOn: pan !== undefined });
  };

  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : pixelsPerLine;
      if (event.shiftKey) {
        const by = event.deltaY || event.deltaX;
        if (by !== 0) dispatch({ kind: "candidate-stepped", by: by > 0 ? 1 : -1 });
        return;
      }
      const wanted = Math.exp(-event.deltaY * pixels * (event.ctrlKey ? zoomPerPinchPixel : zoomPerPixel));
      const factor = Math.min(largestStep, Math.max(1 / largestStep, wanted));
      dispatch({ kind: "zoomed", factor, place: placeOn(canvas, event) });
    },
    { passive: false },
  );

  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") {
      fingers.set(event.pointerId, placeOn(canvas, event));
      if (fingers.size === 2) {
        dispatch({ kind: "pointing-given-up" });
        for (const id of fingers.keys()) {
          taken.add(id);
          canvas.setPointerCapture(id);
        }
      }
      if (fingers.size >= 2) {
        setPan(undefined);
        event.stopImmediatePropagation();
        return;
      }
      if (!movesPicture()) return;
    } else if (event.button !== middleButton && !((port.state.isPanKeyHeld || movesPicture()) && event.button === 0)) {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    canvas.setPointerCapture(event.pointerId);
    setPan({ pointer: event.pointerId, from: { x: event.clientX, y: event.clientY } });
  });
  canvas.addEventListener("pointermove", (event) => {
    if (pan?.pointer === event.pointerId) {
      event.stopImmediatePropagation();
      const to = { x: event.clientX, y: event.clientY };
      dispatch({ kind: "panned", by: { x: to.x - pan.from.x, y: to.y - pan.from.y } });
      pan = { pointer: event.pointerId, from: to };
      return;
    }
    const before = fingers.get(event.pointerId);
    if (before === undefined) return;
    const now = placeOn(canvas, event);
    fingers.set(event.pointerId, now);
    if (!taken.has(event.pointerId)) return;
    event.stopImmediatePropagation();
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) return;
    // Half of what one finger moves is the way of their middle.
    dispatch({ kind: "panned", by: { x: (now.x - before.x) / 2, y: (now.y - before.y) / 2 } });
    const spread = Math.hypot(now.x - other.x, now.y - other.y) / Math.hypot(before.x - other.x, before.y - other.y);
    if (Number.isFinite(spread) && spread > 0) dispatch({ kind: "zoomed", factor: spread, place: middle(now, other) });
  });
  for (const name of ["pointerup", "pointercancel"] as const) {
    canvas.addEventListener(name, (event) => {
      fingers.delete(event.pointerId);
      const wasPan = pan?.pointer === event.pointerId;
      if (wasPan) setPan(undefined);
      // A finger that had been part of a pinch is no tap when it leaves.
      if (taken.delete(event.pointerId) || wasPan) event.stopImmediatePropagation();
    });
  }
}

function middle(a: Spot, b: Spot): Spot {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
