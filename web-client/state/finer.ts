import type { Crop, SegmentResult } from "../../proto/index.js";
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
  const indices = detail?.masks.filter((index) => first.masks[index] && made[index]) ?? [];
  if (indices.length === 0) return edit;
  const masks = first.masks.map((mask, index) => (indices.includes(index) && made[index]) || mask);
  const said = first.masks.map(({ area, predictedIou }) => ({ area, predictedIou }));
  const finer: Finer = { crop, masks: indices, said };
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

function regionOf(crop: Crop | undefined): Region | undefined {
  const { x, y, width, height } = crop ?? {};
  if (x === undefined || y === undefined || width === undefined || height === undefined) return undefined;
  return { x, y, width, height };
}
