import { create } from "@bufbuild/protobuf";
import {
  combineMasks,
  decodeRle,
  encodeRle,
  type Mask,
  type MaskOperation,
  MaskSchema,
  rleArea,
  rleBoundingBox,
} from "../../proto/index.js";
import { noPrompts } from "../sdk/session/prompts.js";
import { words } from "../words/words.js";
import { append, withoutCurrent, withoutHover } from "./edit.js";
import { overlayOf, type State } from "./state.js";
import type { Edit, SceneObject, Step } from "./work.js";

/*
 * The finished objects of a picture. They are part of each step of the history, so whatever is done to them is undone as a
 * click is. How visible they are is no part of it: looking away is nothing to undo.
 */

/** How many colours objects take in turn. */
const objectColours = 12;
/** From one to the next on the circle of colours: neighbours there look alike. Meets all of them, as 5 and 12 share no factor. */
const colourStride = 5;

/** The mask of the current object, once it has one. */
export function currentMask({ answer }: Step): Mask | undefined {
  return answer?.masks[answer.chosen];
}

/** Whether there is a current object to be finished. */
export function canKeep({ picture }: State): boolean {
  if (picture.kind === "empty" || overlayOf(picture) !== undefined) return false;
  return currentMask(picture.edit.present) !== undefined;
}

export function maskOfObject({ answer }: Pick<SceneObject, "answer">): Mask | undefined {
  return answer.masks[answer.chosen];
}

/** The person's own name for it, or its number. */
export function nameOf({ name, id }: Pick<SceneObject, "id" | "name">): string {
  return name ?? words.objects.numbered(id);
}

/** The current object is finished: a new entry on top, or again the one it was taken from. Nothing without a mask. */
export function keepObject(edit: Edit): Edit {
  const { present } = edit;
  const { answer, prompts, objects, editing } = present;
  if (answer === undefined || currentMask(present) === undefined) return edit;
  const before = objects.find(({ id }) => id === editing);
  const kept = before
    ? objects.map((object) => (object === before ? { ...before, prompts, answer } : object))
    : [...objects, { ...newObject(edit), name: nameByWords(present), prompts, answer }];
  return step(edit, { ...withoutCurrent(present), objects: kept });
}

/** What words have found has their name, numbered where an object has that already. */
function nameByWords(present: Step): string | undefined {
  const label = currentMask(present)?.grounding?.label;
  if (!label) return undefined;
  const taken = new Set(present.objects.map(({ name }) => name));
  let name = label;
  for (let count = 2; taken.has(name); count++) name = `${label} ${count}`;
  return name;
}

/** Finished objects of their own on top, in one step; of several of a name all but the first are numbered. */
export function addObjects(
  edit: Edit,
  made: readonly (Pick<SceneObject, "prompts" | "answer"> & { readonly name: string | undefined })[],
): Edit {
  let { objects } = edit.present;
  const named = new Map<string | undefined, number>();
  for (const { name, prompts, answer } of made) {
    const count = (named.get(name) ?? 0) + 1;
    named.set(name, count);
    const own = name === undefined || count === 1 ? name : `${name} ${count}`;
    const fresh = newObject({ ...edit, present: { ...edit.present, objects } });
    objects = [...objects, { ...fresh, name: own, prompts, answer }];
  }
  return step(edit, { ...edit.present, objects });
}

/** Makes a finished object the current one again, with the prompts it was made from. What was current is finished first. */
export function editObject(edit: Edit, id: number): Edit {
  const kept = keepObject(edit);
  const object = kept.present.objects.find((one) => one.id === id);
  if (object === undefined || edit.present.editing === id) return edit;
  const { prompts, answer } = object;
  // The number 0 is nobody's: the answer is there, and nothing more will come for it.
  return step(kept, { ...kept.present, sequence: 0, prompts, answer, problem: undefined, asked: false, editing: id });
}

export function removeObject(edit: Edit, id: number): Edit {
  const { present } = edit;
  if (!present.objects.some((object) => object.id === id)) return edit;
  const objects = present.objects.filter((object) => object.id !== id);
  const rest = present.editing === id ? withoutCurrent(present) : present;
  return step(edit, { ...rest, objects });
}

/** @param name nothing but blanks takes the name away. */
export function renameObject(edit: Edit, id: number, name: string): Edit {
  const trimmed = name.trim() || undefined;
  return change(edit, id, (object) => (object.name === trimmed ? object : { ...object, name: trimmed }));
}

export function recolourObject(edit: Edit, id: number, colour: number): Edit {
  return change(edit, id, (object) => (object.colour === colour ? object : { ...object, colour }));
}

/** @param to where in the list, 0 at the bottom. */
export function moveObject(edit: Edit, id: number, to: number): Edit {
  const { present } = edit;
  const from = present.objects.findIndex((object) => object.id === id);
  const place = Math.max(0, Math.min(present.objects.length - 1, to));
  const moved = present.objects[from];
  if (moved === undefined || place === from) return edit;
  const objects = present.objects.filter((object) => object !== moved).toSpliced(place, 0, moved);
  return step(edit, { ...present, objects });
}

/** Shows or hides an object, in the whole history. */
export function showObject(edit: Edit, id: number, visible: boolean): Edit {
  if (!edit.present.objects.some((object) => object.id === id && object.visible !== visible)) return edit;
  const into = (one: Step): Step => ({
    ...one,
    objects: one.objects.map((object) => (object.id === id ? { ...object, visible } : object)),
  });
  return { ...edit, past: edit.past.map(into), present: into(edit.present), future: edit.future.map(into) };
}

/**
 * Lays one object to another (union: the other is gone then), or cuts its shape out of it (difference: the other stays). An
 * object of which nothing would be left stays as it is. The outcome is edited again from its shape.
 */
export function combineObjects(edit: Edit, id: number, otherId: number, operation: MaskOperation): Edit {
  const { present } = edit;
  const object = present.objects.find((one) => one.id === id);
  const other = present.objects.find((one) => one.id === otherId);
  const [mask, otherMask] = [object && maskOfObject(object)?.rle, other && maskOfObject(other)?.rle];
  if (mask === undefined || otherMask === undefined || id === otherId) return edit;
  if (present.editing === id || present.editing === otherId) return edit;
  const runs = combineMasks(decodeRle(mask), decodeRle(otherMask), operation);
  const area = rleArea(runs);
  if (area === 0) return edit;
  const combined = create(MaskSchema, { rle: encodeRle(runs), bbox: rleBoundingBox(runs), area });
  const prompts = { ...noPrompts, mask: combined.rle };
  const objects = present.objects
    .filter((one) => operation !== "union" || one !== other)
    .map((one) => (one === object ? { ...one, prompts, answer: { masks: [combined], chosen: 0 } } : one));
  return step(edit, { ...present, objects });
}

function newObject({ past, present }: Edit): Pick<SceneObject, "id" | "name" | "colour" | "visible"> {
  const lastId = Math.max(0, ...[...past, present].flatMap(({ objects }) => objects.map(({ id }) => id)));
  const taken = new Set(present.objects.map(({ colour }) => colour));
  let colour = (lastId * colourStride) % objectColours;
  for (let tried = 0; taken.has(colour) && tried < objectColours; tried++) {
    colour = (colour + colourStride) % objectColours;
  }
  return { id: lastId + 1, name: undefined, colour, visible: true };
}

function change(edit: Edit, id: number, into: (object: SceneObject) => SceneObject): Edit {
  const objects = edit.present.objects.map((object) => (object.id === id ? into(object) : object));
  const changed = objects.some((object, at) => object !== edit.present.objects[at]);
  return changed ? step(edit, { ...edit.present, objects }) : edit;
}

function step(edit: Edit, next: Step): Edit {
  return withoutHover(append(edit, next));
}
