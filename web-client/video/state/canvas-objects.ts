import { noPrompts } from "../../sdk/session/prompts.js";
import { maskOfObject } from "../../state/objects.js";
import type { Answer, SceneObject } from "../../state/work.js";
import {
  broughtBack,
  changed,
  maskOn,
  objectOf,
  removed,
  shown,
  type Track,
  type TrackedObject,
  unshown,
} from "./track.js";

/*
 * The canvas holds one frame's objects, with a history of its own. Every object of the video lies on it, also where it has no mask
 * there: its number is the canvas's, and one that is absent can be shown by clicks as any other is corrected.
 */

/** A frame on the canvas, as it was last looked at. */
export interface Sheet {
  readonly frame: number;
  readonly objects: readonly SceneObject[];
  /** What was laid there that no person has made: what undo goes back to. */
  readonly laid: ReadonlyMap<number, Answer>;
}

/** What is to be told the service. */
export type Correction =
  | { readonly kind: "shown"; readonly object: number; readonly frame: number }
  | { readonly kind: "unshown"; readonly object: number; readonly frame: number }
  | { readonly kind: "removed"; readonly object: number }
  | { readonly kind: "brought-back"; readonly object: number };

const none: Answer = { masks: [], chosen: 0 };

export function emptySheet(frame: number): Sheet {
  return { frame, objects: [], laid: new Map() };
}

/** @returns what is to be laid onto the canvas: what differs from what is there, and what is gone. */
export function laidOf(
  track: Track,
  sheet: Sheet,
): { readonly sheet: Sheet; readonly objects: readonly SceneObject[]; readonly gone: readonly number[] } {
  const laid = new Map(sheet.laid);
  const objects: SceneObject[] = [];
  for (const object of track.objects) {
    const there = sheet.objects.find(({ id }) => id === object.id);
    const { id, name, colour, isVisible: visible } = object;
    const answer = answerOf(object, sheet.frame, there, laid.get(id));
    if (!object.person.has(sheet.frame)) laid.set(id, answer);
    const isSame =
      there !== undefined &&
      there.answer === answer &&
      there.name === name &&
      there.colour === colour &&
      there.visible === visible;
    if (isSame) continue;
    const prompts = there?.answer === answer ? there.prompts : { ...noPrompts, mask: answer.masks[0]?.rle };
    objects.push({ id, name, colour, visible, prompts, answer });
  }
  const gone = sheet.objects.filter(({ id }) => objectOf(track, id) === undefined).map(({ id }) => id);
  const kept = sheet.objects.filter(({ id }) => !gone.includes(id));
  const merged = [
    ...objects.filter(({ id }) => !kept.some((one) => one.id === id)),
    ...kept.map((one) => objects.find(({ id }) => id === one.id) ?? one),
  ];
  return { sheet: { ...sheet, laid, objects: merged }, objects, gone };
}

function answerOf(
  object: TrackedObject,
  frame: number,
  there: SceneObject | undefined,
  before: Answer | undefined,
): Answer {
  const mask = maskOn(object, frame);
  // What a person made is the canvas's own.
  if (there !== undefined && object.person.has(frame) && there.answer.masks[there.answer.chosen] === mask)
    return there.answer;
  if (mask === undefined) return before !== undefined && before.masks.length === 0 ? before : none;
  return before?.masks[0] === mask ? before : { masks: [mask], chosen: 0 };
}

/** The canvas has other objects than before: what that means for the video. */
export function read(
  track: Track,
  sheet: Sheet,
  objects: readonly SceneObject[],
): { readonly track: Track; readonly sheet: Sheet; readonly corrections: readonly Correction[] } {
  const { frame, laid } = sheet;
  const corrections: Correction[] = [];
  let next = track;
  for (const { id } of sheet.objects) {
    if (objects.some((one) => one.id === id) || objectOf(next, id) === undefined) continue;
    // One that was shown on this frame alone is undone with its click; its other frames wait in the bin.
    next = removed(next, id);
    corrections.push({ kind: "removed", object: id });
  }
  for (const object of objects) {
    const { id, name, colour, visible, answer } = object;
    const before = sheet.objects.find((one) => one.id === id);
    if (before === object) continue;
    const mask = maskOfObject(object);
    const isOurs = answer === laid.get(id);
    const binned = objectOf(next, id) === undefined ? next.bin.find((one) => one.id === id) : undefined;
    // A new object may get the number of one that is gone: only what was here before comes back.
    if (binned !== undefined && (isOurs || (mask !== undefined && binned.person.get(frame) === mask))) {
      next = broughtBack(next, id);
      corrections.push({ kind: "brought-back", object: id });
    }
    const known = objectOf(next, id);
    if (isOurs && known?.person.has(frame)) {
      next = unshown(next, id, frame);
      corrections.push({ kind: "unshown", object: id, frame });
    } else if (!isOurs && mask !== undefined && known?.person.get(frame) !== mask) {
      next = shown(next, frame, mask, { id, name, colour });
      corrections.push({ kind: "shown", object: id, frame });
    }
    next = changed(next, id, { name, colour, isVisible: visible });
  }
  return { track: next, sheet: { ...sheet, objects }, corrections };
}
