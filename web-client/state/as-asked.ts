import { decodeRle } from "../../proto/index.js";
import type { Prompts } from "../sdk/session/prompts.js";
import { boundsOf, marksOf } from "./marks.js";
import { isAble, type Models, modelInUse, takesMasks } from "./models.js";
import type { Edit, Step } from "./work.js";

/*
 * What the model in use is asked. A mask to start from is made again from the prompts that led to it, and another model's prompts
 * lead elsewhere: it would be refused, or a mask refined that nobody has seen.
 */

/** Of a shape that the model does not take, these say most beside its bounds (`painting.ts` has the figures). */
const marksOfShape = 3;

/** Without a start that another model made. */
export function ownStart(prompts: Prompts, model: string | undefined): Prompts {
  return prompts.from === undefined || prompts.from.model === model ? prompts : withoutStart(prompts);
}

function withoutStart(prompts: Prompts): Prompts {
  return { ...prompts, from: undefined };
}

/** Clicks that wait are asked of this model now, whichever was in use when they were made; their steps say so. */
export function asAsked(edit: Edit, sequences: ReadonlySet<number>, model: string | undefined): Edit {
  if (sequences.size === 0) return edit;
  return withPrompts(edit, sequences, (prompts) => ownStart(prompts, model), model);
}

/** The click, and the step that it is, without what it was to start from. */
export function withoutStartOf(edit: Edit, sequence: number, model: string | undefined): Edit {
  return withPrompts(edit, new Set([sequence]), withoutStart, model);
}

function withPrompts(
  edit: Edit,
  sequences: ReadonlySet<number>,
  into: (prompts: Prompts) => Prompts,
  model: string | undefined,
): Edit {
  const inStep = (step: Step): Step =>
    sequences.has(step.sequence) ? { ...step, prompts: into(step.prompts), model } : step;
  return {
    ...edit,
    past: edit.past.map(inStep),
    present: inStep(edit.present),
    future: edit.future.map(inStep),
    waiting: edit.waiting.map((click) =>
      sequences.has(click.sequence) ? { ...click, prompts: into(click.prompts) } : click,
    ),
  };
}

/** The prompts as far as the model takes them. To one that starts from no mask a shape is told by its bounds and its deepest places. */
export function promptsFor(models: Models, prompts: Prompts): Prompts {
  const model = modelInUse({ models });
  const own = ownStart(prompts, models.chosen);
  if (takesMasks(model)) return own;
  const bare = own.from === undefined ? own : withoutStart(own);
  if (bare.mask === undefined) return bare;
  const shape = decodeRle(bare.mask);
  const marks = isAble(model, "points") ? [...marksOf(shape, 1, marksOfShape), ...(bare.marks ?? [])] : bare.marks;
  const box = bare.box ?? (isAble(model, "boxes") ? boundsOf(shape) : undefined);
  return { ...bare, mask: undefined, box, marks };
}
