import type { Mask } from "../../proto/index.js";
import { colours } from "../canvas/colouring.js";
import type { Prompts } from "../sdk/session/prompts.js";
import { currentMask, maskOfObject, nameOf } from "../state/objects.js";
import { overlayOf, type State } from "../state/state.js";
import type { SceneObject } from "../state/work.js";
import type { JobObject } from "./take-away-job.js";

/** An object that can be taken home. */
interface Target {
  readonly id: number;
  readonly name: string;
  readonly isNamed: boolean;
  readonly colour: number;
  readonly mask: Mask;
  readonly prompts: Prompts;
}

interface Targets {
  /** The current object, or else the chosen one of the list. */
  readonly one: Target | undefined;
  /** All that are to be seen, the current one among them; the topmost last. */
  readonly all: readonly Target[];
}

export function targetsOf({ picture, selection }: Pick<State, "picture" | "selection">): Targets {
  if (picture.kind === "empty") return { one: undefined, all: [] };
  const { present } = picture.edit;
  const kept = present.objects.filter(({ id }) => id !== present.editing);
  const current = overlayOf(picture) === undefined ? currentTarget(picture.edit.present) : undefined;
  const chosen = selection.length === 1 ? kept.find(({ id }) => id === selection[0]) : undefined;
  const all = kept.flatMap((object) => (object.visible ? (targetOf(object) ?? []) : []));
  return {
    one: current ?? (chosen && targetOf(chosen)) ?? (all.length === 1 ? all[0] : undefined),
    all: current === undefined ? all : [...all, current],
  };
}

export function jobObjects(targets: readonly Target[]): JobObject[] {
  return targets.map(({ id, name, isNamed, colour, mask, prompts }) => {
    const on = prompts.points.find(({ label }) => label === 1);
    const point = on && { x: on.x, y: on.y };
    return { id, name, isNamed, colour: colours[colour] ?? colours[0], mask, point, pixels: undefined };
  });
}

function currentTarget(present: Parameters<typeof currentMask>[0]): Target | undefined {
  const mask = currentMask(present);
  if (mask === undefined || mask.area === 0) return undefined;
  const { objects, editing, prompts } = present;
  const edited = objects.find(({ id }) => id === editing);
  // It has the number that it will have when it is kept.
  const id = edited?.id ?? Math.max(0, ...objects.map((object) => object.id)) + 1;
  const { name, colour = 0 } = edited ?? {};
  return { id, name: nameOf({ id, name }), isNamed: name !== undefined, colour, mask, prompts };
}

function targetOf(object: SceneObject): Target | undefined {
  const mask = maskOfObject(object);
  if (mask === undefined || mask.area === 0) return undefined;
  const { id, name, colour, prompts } = object;
  return { id, name: nameOf(object), isNamed: name !== undefined, colour, mask, prompts };
}
