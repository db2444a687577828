import type { Spot, TrailSpot } from "../geometry/spot.js";
import { close, type Gesture, hold, idle, move, type Outcome, press, release } from "../state/gesture.js";
import { type Grip, reachOf } from "../state/grip.js";
import { pressedRadius, type Tool } from "../state/tool.js";

interface PointerActions {
  readonly tool: () => Tool;
  /** What a plain click means at the moment. */
  readonly label: () => 0 | 1;
  /** Diameter of the brush in CSS pixels. */
  readonly brushSize: () => number;
  /** What can be taken hold of at a place on the canvas. */
  readonly gripAt: (place: Spot, reach: number) => Grip | undefined;
  readonly onOutcome: (outcome: Outcome) => void;
  /** What the hand is doing now. */
  readonly onGesture: (gesture: Gesture) => void;
  /** Where the pointer is, with the brush's radius there; undefined when it has left. */
  readonly onPlace: (place: TrailSpot | undefined, grip: Grip | undefined) => void;
  /** How often to tell what the pointer rests on. */
  readonly hoverEveryMs: () => number;
  readonly onHover: (place: Spot | undefined) => void;
  /** What will be a click here, if nothing else comes of it. */
  readonly onPress: (place: Spot, label: 0 | 1) => void;
}

export interface Pointer {
  /** Whether there was something under way to give up. */
  readonly cancel: () => boolean;
  /** Whether there was a lasso to close. */
  readonly close: () => boolean;
  /** A press and a release at a place on the canvas, for those who come with keys. */
  readonly tap: (place: Spot, secondary: boolean) => void;
}

const holdMs = 450;
const secondaryButton = 2;
/** The other end of a pen. */
const eraserButton = 5;
const buttons = [0, secondaryButton, eraserButton];
const twiceMs = 400;
/** A pointer that sets out after a rest is somewhere else at once. */
const leastHoverMs = 15;

/** Mouse, pen and finger on the canvas. */
export function listenToPointer(canvas: HTMLCanvasElement, actions: PointerActions): Pointer {
  let gesture: Gesture = idle;
  let holding: ReturnType<typeof setTimeout> | undefined;
  let hovering: ReturnType<typeof setTimeout> | undefined;
  let hovered: Spot | undefined;
  let hoveredAtMs = 0;
  let lastPicked: { readonly index: number; readonly atMs: number } | undefined;

  const leave = () => {
    hovered = undefined;
    clearTimeout(hovering);
    hovering = undefined;
    actions.onHover(undefined);
  };
  const become = (next: Gesture, outcome?: Outcome) => {
    gesture = next;
    if (next.kind !== "pressed") clearTimeout(holding);
    // Something has begun: what lies under the pointer is no longer the question.
    if (next.kind !== "idle" && next.kind !== "pressed" && hovered !== undefined) leave();
    actions.onGesture(next);
    if (outcome !== undefined) actions.onOutcome(twice(outcome));
  };
  /** The same point picked twice is to go. */
  const twice = (outcome: Outcome): Outcome => {
    const before = lastPicked;
    lastPicked = undefined;
    if (outcome.kind !== "picked" || outcome.grip.kind !== "point") return outcome;
    const { index } = outcome.grip;
    const atMs = performance.now();
    if (before?.index === index && atMs - before.atMs < twiceMs) return { kind: "removed", index };
    lastPicked = { index, atMs };
    return outcome;
  };
  const hover = (place: Spot) => {
    hovered = { x: place.x, y: place.y };
    const dueAtMs = hoveredAtMs + actions.hoverEveryMs();
    hovering ??= setTimeout(
      () => {
        hovering = undefined;
        // One that comes a little late puts none off after it.
        hoveredAtMs = Math.max(dueAtMs, performance.now() - leastHoverMs);
        if (hovered !== undefined && gesture.kind === "idle") actions.onHover(hovered);
      },
      Math.max(leastHoverMs, dueAtMs - performance.now()),
    );
  };
  /** Where a click was pressed is where it will be. */
  const foresee = () => {
    if (gesture.kind !== "pressed" || gesture.tool !== "click" || gesture.grip !== undefined) return;
    const { x, y, label } = gesture;
    // What else may come of it is told as the pointer's leaving.
    hovered = { x, y };
    actions.onPress({ x, y }, label);
  };
  const begin = (place: TrailSpot, secondary: boolean, reach: number) => {
    const tool = actions.tool();
    if (tool === "hand") return;
    become(press(gesture, place, { tool, label: actions.label(), secondary, grip: actions.gripAt(place, reach) }));
  };
  const spotOf = (event: PointerEvent): TrailSpot => ({
    ...placeOn(canvas, event),
    radius: pressedRadius(actions.brushSize(), event.pointerType, event.pressure),
  });

  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || !buttons.includes(event.button)) return;
    canvas.setPointerCapture(event.pointerId);
    const secondary = event.button !== 0 || event.altKey || event.ctrlKey;
    begin(spotOf(event), secondary, reachOf(event.pointerType));
    foresee();
    if (event.pointerType !== "mouse") holding = setTimeout(() => become(...hold(gesture)), holdMs);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!event.isPrimary) return;
    const place = spotOf(event);
    const isFree = gesture.kind === "idle" || gesture.kind === "cornering";
    const grip = gesture.kind === "idle" ? actions.gripAt(place, reachOf(event.pointerType)) : undefined;
    if (isFree && event.pointerType === "touch") return;
    actions.onPlace(event.pointerType === "touch" ? undefined : place, grip);
    if (gesture.kind === "idle") {
      // Over what can be pulled a click asks nothing.
      if (grip === undefined) hover(place);
      return;
    }
    // A frame has more of a pen's way than one event tells.
    const way = event.getCoalescedEvents?.() ?? [];
    let next: Gesture = gesture;
    for (const step of way.length > 0 ? way : [event]) next = move(next, spotOf(step));
    if (next !== gesture) become(next);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (event.isPrimary && gesture.kind !== "idle") become(...release(gesture));
  });
  canvas.addEventListener("pointercancel", () => become(idle));
  canvas.addEventListener("pointerleave", () => {
    actions.onPlace(undefined, undefined);
    leave();
  });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());

  return {
    cancel: () => {
      const { kind } = gesture;
      if (kind !== "idle") become(kind === "cornering" ? idle : { kind: "spent" });
      return kind !== "idle" && kind !== "pressed" && kind !== "spent";
    },
    close: () => {
      const [next, outcome] = close(gesture);
      if (outcome !== undefined) become(next, outcome);
      return outcome !== undefined;
    },
    tap: (place, secondary) => {
      begin({ ...place, radius: actions.brushSize() / 2 }, secondary, 0);
      become(...release(gesture));
    },
  };
}

function placeOn(canvas: HTMLCanvasElement, event: PointerEvent): Spot {
  const { left, top } = canvas.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}
