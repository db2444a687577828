import type { Mask } from "../../proto/index.js";
import { colours } from "../canvas/colouring.js";
import { maskInHand, maskOfObject, nameOf } from "../state/objects.js";
import type { Prompts } from "../state/prompts.js";
import { overlayOf, type SceneObject, type State } from "../state/state.js";
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
  /** The object in hand, or else the chosen one of the list. */
  readonly one: Target | undefined;
  /** All that are to be seen, the one in hand among them; the topmost last. */
  readonly all: readonly Target[];
}

export function targetsOf({ picture, selection }: Pick<State, "picture" | "selection">): Targets {
  if (picture.kind === "empty") return { one: undefined, all: [] };
  const { present } = picture.edit;
  const kept = present.objects.filter(({ id }) => id !== present.editing);
  const inHand = overlayOf(picture) === undefined ? targetInHand(picture.edit.present) : undefined;
  const chosen = selection.length === 1 ? kept.find(({ id }) => id === selection[0]) : undefined;
  const all = kept.flatMap((object) => (object.visible ? (targetOf(object) ?? []) : []));
  return {
    one: inHand ?? (chosen && targetOf(chosen)) ?? (all.length === 1 ? all[0] : undefined),
    all: inHand === undefined ? all : [...all, inHand],
  };
}

export function jobObjects(targets: readonly Target[]): JobObject[] {
  return targets.map(({ id, name, isNamed, colour, mask, prompts }) => {
    const on = prompts.points.find(({ label }) => label === 1);
    const point = on && { x: on.x, y: on.y };
    return { id, name, isNamed, colour: colours[colour] ?? colours[0], mask, point, pixels: undefined };
  });
}

function targetInHand(present: Parameters<typeof maskInHand>[0]): Target | undefined {
  const mask = maskInHand(present);
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
