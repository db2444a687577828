import { type Crop, decodeRle, type Mask, rleIou, type SegmentResult } from "../../proto/index.js";
import type { Region } from "../geometry/spot.js";
import { seenPart } from "../geometry/viewport.js";
import type { PictureInfo, State } from "./state.js";
import type { Answer, Edit, Finer, SceneObject, Step } from "./work.js";

/*
 * Masks that are made once more on the part of the picture around their object. They come behind a click's own answer and take the place
 * of its masks wherever these are: nothing else changes, and there is nothing to undo.
 */

/** What is seen of the picture, to be told with a click whose masks are to be made finer where that is worth it. */
export function viewFor({ tools, viewport }: Pick<State, "tools" | "viewport">, info: PictureInfo): Region | undefined {
  return tools.isFine ? seenPart(viewport, info) : undefined;
}

/** Masks of one object, one of them finer, have at least this much in common. */
const leastIou = 0.5;

/** Whether the chosen mask was made finer. */
export const isFiner = ({ finer, chosen }: Answer): boolean => finer?.masks.includes(chosen) === true;

/**
 * Puts the finer masks of a click in the place of its first ones: in the history, and in objects that were kept meanwhile. While a newer
 * click waits they come too late: its answer is of the first ones, and what is seen would jump twice.
 */
export function makeFiner(edit: Edit, sequence: number, { masks: made, detail }: SegmentResult): Edit {
  const crop = regionOf(detail?.crop);
  const steps = [edit.present, ...edit.past, ...edit.future];
  const first = sequence === 0 ? undefined : steps.find((step) => step.sequence === sequence)?.answer;
  if (first === undefined || first.finer !== undefined || crop === undefined || edit.waiting.length > 0) return edit;
  const places = placesOf(first.masks, made, detail?.masks ?? []);
  if (places.size === 0) return edit;
  const masks = first.masks.map((mask, place) => made[places.get(place) ?? -1] ?? mask);
  const said = first.masks.map(({ area, predictedIou }) => ({ area, predictedIou }));
  const finer: Finer = { crop, masks: [...places.keys()], made: [...places.values()], said };
  const inAnswer = (answer: Answer): Answer => (answer.masks === first.masks ? { ...answer, masks, finer } : answer);
  const inObject = (object: SceneObject): SceneObject =>
    object.answer.masks === first.masks ? { ...object, answer: inAnswer(object.answer) } : object;
  const inStep = (step: Step): Step => ({
    ...step,
    answer: step.answer && inAnswer(step.answer),
    // The same list where nothing has changed: the panel goes by it.
    objects: step.objects.some(({ answer }) => answer.masks === first.masks)
      ? step.objects.map(inObject)
      : step.objects,
  });
  return { ...edit, past: edit.past.map(inStep), present: inStep(edit.present), future: edit.future.map(inStep) };
}

/**
 * Where each finer mask belongs: at its own number, if the mask there is of the same object. What was decoded in the browser may lie in
 * another order: then it is where the mask is most like it, and nowhere if none is.
 * @returns by place, the number of the mask that was made.
 */
function placesOf(first: readonly Mask[], made: readonly Mask[], indices: readonly number[]): Map<number, number> {
  const iou = (place: number, index: number) => iouOf(first[place], made[index]);
  const places = new Map<number, number>();
  // A lone mask can be in no other place, and a box says better than it what a finer one is of (Z4).
  const isAtHome = (index: number) =>
    iou(index, index) >= leastIou || (first.length === 1 && made[index] !== undefined);
  for (const index of indices) if (first[index] && isAtHome(index)) places.set(index, index);
  for (const index of indices) {
    if (places.get(index) === index) continue;
    const free = [...first.keys()].filter((place) => !places.has(place));
    const best = free.map((place) => ({ place, iou: iou(place, index) })).sort((a, b) => b.iou - a.iou)[0];
    if (best !== undefined && best.iou >= leastIou) places.set(best.place, index);
  }
  return places;
}

function iouOf(a: Mask | undefined, b: Mask | undefined): number {
  return a?.rle && b?.rle ? rleIou(decodeRle(a.rle), decodeRle(b.rle)) : 0;
}

function regionOf(crop: Crop | undefined): Region | undefined {
  const { x, y, width, height } = crop ?? {};
  if (x === undefined || y === undefined || width === undefined || height === undefined) return undefined;
  return { x, y, width, height };
}
