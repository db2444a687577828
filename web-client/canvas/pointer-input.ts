import type { Corners, Spot } from "../state/state.js";
import { type Gesture, hold, idle, move, type Outcome, press, release } from "./gesture.js";

interface PointerActions {
  /** What a plain click means at the moment. */
  readonly label: () => 0 | 1;
  readonly onOutcome: (outcome: Outcome) => void;
  readonly onRubber: (box: Corners | undefined) => void;
  /** How often to tell where the pointer is. */
  readonly hoverEveryMs: () => number;
  readonly onHover: (place: Spot | undefined) => void;
}

const holdMs = 450;
const secondaryButton = 2;

/** Mouse, pen and finger on the canvas. */
export function listenToPointer(canvas: HTMLCanvasElement, actions: PointerActions): { cancel: () => boolean } {
  let gesture: Gesture = idle;
  let holding: ReturnType<typeof setTimeout> | undefined;
  let hovering: ReturnType<typeof setTimeout> | undefined;
  let hovered: Spot | undefined;

  const leave = () => {
    hovered = undefined;
    clearTimeout(hovering);
    hovering = undefined;
    actions.onHover(undefined);
  };
  const become = (next: Gesture, outcome?: Outcome) => {
    gesture = next;
    if (next.kind !== "pressed") clearTimeout(holding);
    // A box has begun: what lies under the pointer is no longer the question.
    if (next.kind === "dragging" && hovered !== undefined) leave();
    actions.onRubber(next.kind === "dragging" ? next : undefined);
    if (outcome !== undefined) actions.onOutcome(outcome);
  };
  const hover = (place: Spot) => {
    hovered = place;
    hovering ??= setTimeout(() => {
      hovering = undefined;
      if (hovered !== undefined && gesture.kind === "idle") actions.onHover(hovered);
    }, actions.hoverEveryMs());
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || (event.button !== 0 && event.button !== secondaryButton)) return;
    canvas.setPointerCapture(event.pointerId);
    const secondary = event.button === secondaryButton || event.altKey || (event.ctrlKey && event.button === 0);
    become(press(placeOn(canvas, event), actions.label(), secondary));
    if (event.pointerType !== "mouse") holding = setTimeout(() => become(...hold(gesture)), holdMs);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!event.isPrimary) return;
    const place = placeOn(canvas, event);
    if (gesture.kind === "idle") {
      if (event.pointerType !== "touch") hover(place);
      return;
    }
    const next = move(gesture, place);
    if (next !== gesture) become(next);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (event.isPrimary && gesture.kind !== "idle") become(...release(gesture));
  });
  canvas.addEventListener("pointercancel", () => become(idle));
  canvas.addEventListener("pointerleave", leave);
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());

  return {
    /** Whether there was a box to give up. */
    cancel: () => {
      const dragging = gesture.kind === "dragging";
      if (gesture.kind !== "idle") become({ kind: "spent" });
      return dragging;
    },
  };
}

function placeOn(canvas: HTMLCanvasElement, event: PointerEvent): Spot {
  const { left, top } = canvas.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}
