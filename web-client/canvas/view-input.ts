import type { Spot } from "../geometry/spot.js";
import { listenToKeys } from "../keys/listen-to-keys.js";

export interface ViewActions {
  /** @param place on the canvas, in CSS pixels. */
  readonly onZoom: (factor: number, place: Spot) => void;
  /** @param by in CSS pixels. */
  readonly onPan: (by: Spot) => void;
  /** The wheel with Shift: +1 for the next candidate, -1 for the one before. */
  readonly onStep: (by: 1 | -1) => void;
  /** Whether the tool in use is the one that moves the picture. */
  readonly isHand: () => boolean;
  /** The hand moves the picture now: what it had begun on it is given up. */
  readonly onTakeOver: () => void;
}

const middleButton = 1;
/** A notch of a wheel is about 100 pixels; six of them are about a factor of three. A pinch on a trackpad comes as small steps. */
const zoomPerPixel = 0.0018;
const zoomPerPinchPixel = 0.01;
const pixelsPerLine = 16;
const largestStep = 2;

/** Looking closer and elsewhere: wheel, pinch, two fingers, the middle button, Space and drag. */
export function listenToView(canvas: HTMLCanvasElement, actions: ViewActions): { showHand: () => void } {
  const fingers = new Map<number, Spot>();
  let spaceHeld = false;
  let pan: { readonly pointer: number; readonly from: Spot } | undefined;
  const taken = new Set<number>();

  const showHand = () => {
    canvas.dataset.hand = pan !== undefined ? "grabbing" : spaceHeld || actions.isHand() ? "open" : "none";
  };

  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : pixelsPerLine;
      if (event.shiftKey) {
        const by = event.deltaY || event.deltaX;
        if (by !== 0) actions.onStep(by > 0 ? 1 : -1);
        return;
      }
      const wanted = Math.exp(-event.deltaY * pixels * (event.ctrlKey ? zoomPerPinchPixel : zoomPerPixel));
      actions.onZoom(Math.min(largestStep, Math.max(1 / largestStep, wanted)), placeOn(canvas, event));
    },
    { passive: false },
  );

  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") {
      fingers.set(event.pointerId, placeOn(canvas, event));
      if (fingers.size === 2) {
        actions.onTakeOver();
        for (const id of fingers.keys()) {
          taken.add(id);
          canvas.setPointerCapture(id);
        }
      }
      if (fingers.size >= 2) {
        pan = undefined;
        event.stopImmediatePropagation();
        return;
      }
      if (!actions.isHand()) return;
    } else if (event.button !== middleButton && !((spaceHeld || actions.isHand()) && event.button === 0)) {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    canvas.setPointerCapture(event.pointerId);
    pan = { pointer: event.pointerId, from: { x: event.clientX, y: event.clientY } };
    showHand();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (pan?.pointer === event.pointerId) {
      event.stopImmediatePropagation();
      const to = { x: event.clientX, y: event.clientY };
      actions.onPan({ x: to.x - pan.from.x, y: to.y - pan.from.y });
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
    actions.onPan({ x: (now.x - before.x) / 2, y: (now.y - before.y) / 2 });
    const spread = Math.hypot(now.x - other.x, now.y - other.y) / Math.hypot(before.x - other.x, before.y - other.y);
    if (Number.isFinite(spread) && spread > 0) actions.onZoom(spread, middle(now, other));
  });
  for (const name of ["pointerup", "pointercancel"] as const) {
    canvas.addEventListener(name, (event) => {
      fingers.delete(event.pointerId);
      const wasPan = pan?.pointer === event.pointerId;
      if (wasPan) pan = undefined;
      // A finger that had been part of a pinch is no tap when it leaves.
      if (taken.delete(event.pointerId) || wasPan) event.stopImmediatePropagation();
      showHand();
    });
  }
  listenToKeys(canvas, "view", {
    drag: () => {
      spaceHeld = true;
      showHand();
    },
  });
  const letGo = (event: Event) => {
    if (event instanceof KeyboardEvent && event.key !== " ") return;
    spaceHeld = false;
    showHand();
  };
  addEventListener("keyup", letGo);
  addEventListener("blur", letGo);
  return { showHand };
}

function middle(a: Spot, b: Spot): Spot {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function placeOn(canvas: HTMLCanvasElement, event: MouseEvent): Spot {
  const { left, top } = canvas.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}
