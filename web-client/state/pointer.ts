import type { Spot } from "../geometry/spot.js";
import { pixelAt } from "../geometry/viewport.js";
import type { EventOf } from "./event.js";
import { type Gesture, hold, idle, move, press, release } from "./gesture.js";
import { type Grip, gripAt } from "./grip.js";
import { comes } from "./outcome.js";
import { type Come, drop, pick, withPointing } from "./pick.js";
import { pickedPoint, pictureSize, promptsInSight, toolInUse } from "./pointed.js";
import type { State } from "./state.js";

/* Mouse, pen and finger on the canvas. */

export function pointerDown(before: State, event: EventOf<"pointer-down">): Come {
  const { place, isSecondary, reach, atMs } = event;
  const [dropped, moved] = drop(before, atMs);
  // The pointer takes over from the keyboard, and the cross would only be in its way.
  const state = withPointing(dropped, { cursor: undefined, corner: undefined });
  const [next, ended] = begin(state, { place, isSecondary, reach });
  return [next, [...moved, ...ended, ...foresee(next, atMs)]];
}

/** A press and a release at a place on the canvas, for those who come with keys. */
export function tap(before: State, place: Spot, isSecondary: boolean, atMs: number): Come {
  const radius = before.tools.brushSize / 2;
  const [state, ended] = begin(before, { place: { ...place, radius }, isSecondary, reach: 0 });
  const [next, come] = pointerUp(state, atMs);
  return [next, [...ended, ...come]];
}

export function pointerMoved(before: State, { place, way, isTouch, reach }: EventOf<"pointer-moved">): Come {
  const { gesture } = before.pointing;
  const isFree = gesture.kind === "idle" || gesture.kind === "cornering";
  if (isFree && isTouch) return [before, []];
  const grip = gesture.kind === "idle" ? gripUnder(before, place, reach) : undefined;
  const state = withPointing(before, { place: isTouch ? undefined : place, grip });
  return become(state, way.reduce(move, gesture));
}

export function pointerUp(before: State, atMs: number): Come {
  const [gesture, outcome] = release(before.pointing.gesture);
  const [state, ended] = become(before, gesture);
  const [next, come] = comes(state, outcome, atMs);
  return [next, [...ended, ...come]];
}

export function pointerHeld(before: State, atMs: number): Come {
  const [gesture, outcome] = hold(before.pointing.gesture);
  const [state, ended] = become(before, gesture);
  const [next, come] = comes(state, outcome, atMs);
  return [next, [...ended, ...come]];
}

export function pointerCancelled(state: State): Come {
  return become(state, idle);
}

export function pointerLeft(state: State): Come {
  return [withPointing(state, { place: undefined, grip: undefined }), [{ kind: "hover-end" }]];
}

/** @returns also whether there was something under way, or picked, to give up. */
export function giveUp(before: State): readonly [...Come, boolean] {
  const { kind } = before.pointing.gesture;
  const [state, ended] = cancel(before);
  if (kind !== "idle" && kind !== "pressed" && kind !== "spent") return [state, ended, true];
  const wasPicked = pickedPoint(state) !== undefined;
  return [wasPicked ? pick(state, undefined) : state, ended, wasPicked];
}

/** With another tool, or another width of the brush, nothing is begun and nothing picked. */
export function startAfresh(before: State): Come {
  const [state, ended] = cancel(before);
  return [pick(state, undefined), ended];
}

/** With the button down what follows until its release is nothing. */
function cancel(state: State): Come {
  const { kind } = state.pointing.gesture;
  return kind === "idle" ? [state, []] : become(state, kind === "cornering" ? idle : { kind: "spent" });
}

function begin(
  state: State,
  { place, isSecondary, reach }: Pick<EventOf<"pointer-down">, "place" | "isSecondary" | "reach">,
): Come {
  const tool = toolInUse(state);
  if (tool === "pan") return [state, []];
  const { label } = state.tools;
  const grip = gripUnder(state, place, reach);
  return become(state, press(state.pointing.gesture, place, { tool, label, secondary: isSecondary, grip }));
}

/** Once something has begun, what lies under the pointer is no longer the question. */
function become(state: State, gesture: Gesture): Come {
  const { gesture: before } = state.pointing;
  if (gesture === before) return [state, []];
  const hasBegun = isQuiet(before) && !isQuiet(gesture);
  return [withPointing(state, { gesture }), hasBegun ? [{ kind: "hover-end" }] : []];
}

function isQuiet({ kind }: Gesture): boolean {
  return kind === "idle" || kind === "pressed";
}

/** Where a click was pressed is where it will be. */
function foresee(state: State, atMs: number): readonly EventOf<"press">[] {
  const { gesture } = state.pointing;
  const size = pictureSize(state);
  if (gesture.kind !== "pressed" || gesture.tool !== "click" || gesture.grip !== undefined || size === undefined) {
    return [];
  }
  return [{ kind: "press", ...pixelAt(state.viewport, size, gesture), label: gesture.label, atMs }];
}

function gripUnder(state: State, place: Spot, reach: number): Grip | undefined {
  const { tool } = state.tools;
  if (reach === 0 || (tool !== "click" && tool !== "box")) return undefined;
  const grip = gripAt(promptsInSight(state), state.viewport, place, reach, pickedPoint(state));
  return tool === "box" && grip?.kind !== "box" ? undefined : grip;
}
