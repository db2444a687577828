import type { Corners, Spot } from "../geometry/spot.js";
import type { PromptPoint, Prompts, Start } from "../sdk/session/prompts.js";
import { hasPrompts, noPrompts } from "../sdk/session/prompts.js";
import { ownStart } from "./as-asked.js";
import { isFiner } from "./finer.js";
import type { ShownPicture, State } from "./state.js";
import type { Answer, AskedPreview, Edit, Step } from "./work.js";
import { noHover } from "./work.js";

export function addPoint(prompts: Prompts, point: PromptPoint): Prompts {
  return { ...prompts, points: [...prompts.points, point] };
}

/** The point refines the answer that is there or on its way: the model sees its mask along with all the points. */
export function refine(step: Step, point: PromptPoint, model: string | undefined): Prompts {
  return { ...addPoint(step.prompts, point), from: startOf(step, model) };
}

/** What a refinement of this step starts from. @param model the one in use, as a step names it: it cannot make another's mask again. */
export function startOf(step: Step, model: string | undefined): Start | undefined {
  const { sequence, prompts, answer, problem, asked } = step;
  if (!asked || prompts.mask !== undefined || step.model !== model) return undefined;
  // A refusal has no mask; what it was to refine is still there.
  if (answer === undefined && problem !== undefined) return prompts.from;
  const finer = answer && isFiner(answer) ? answer.finer : undefined;
  const chosen = answer?.chosen ?? 0;
  const mask = finer?.made?.[finer.masks.indexOf(chosen)] ?? chosen;
  return { sequence, mask, prompts, model, ...(finer && { crop: finer.crop }) };
}

export function movePoint(prompts: Prompts, index: number, { x, y }: Spot): Prompts {
  const points = prompts.points.map((point, at) => (at === index ? { ...point, x, y } : point));
  return withoutStale({ ...prompts, points }, index);
}

export function removePoint(prompts: Prompts, index: number): Prompts {
  return withoutStale({ ...prompts, points: prompts.points.filter((_, at) => at !== index) }, index);
}

/** An answer to a point that is not there any more is nothing to start from. */
function withoutStale(prompts: Prompts, index: number): Prompts {
  return index < (prompts.from?.prompts.points.length ?? 0) ? { ...prompts, from: undefined } : prompts;
}

/**
 * A new box means "this one": points outside it were about something else, points inside it refine it, and so was a mask.
 */
export function setBox(prompts: Prompts, box: Corners): Prompts {
  const inside = (point: PromptPoint) =>
    point.x >= box.x0 && point.x <= box.x1 && point.y >= box.y0 && point.y <= box.y1;
  return { box, points: prompts.points.filter(inside), mask: undefined };
}

/** A new step with its click; what had been undone is gone. A pending preview keeps its number, but is not shown. */
export function ask(
  edit: Edit,
  meant: Prompts,
  { sequence, model, atMs }: { readonly sequence: number; readonly model: string | undefined; readonly atMs: number },
): Edit {
  const prompts = ownStart(meant, model);
  return {
    ...append(edit, { ...edit.present, sequence, prompts, model, answer: undefined, problem: undefined, asked: true }),
    waiting: [...edit.waiting, { sequence, prompts, madeAtMs: atMs, sentAtMs: undefined, notBeforeMs: 0, tries: 0 }],
    // The preview's mask stays as a placeholder until the click is answered, so that nothing flickers.
    hover: { ...edit.hover, asked: staled(edit.hover.asked), wanted: undefined },
  };
}

/** An object of its own that comes with its answer. */
export function place(edit: Edit, step: Pick<Step, "sequence" | "prompts" | "answer">): Edit {
  const cleared = clear(edit);
  return withoutHover(
    append(cleared, { ...cleared.present, ...step, problem: undefined, asked: false, editing: undefined }),
  );
}

/** A step without a current object, itself undoable; a finished object that was being edited stays as it was. */
export function clear(edit: Edit): Edit {
  if (!hasPrompts(edit.present.prompts)) return edit;
  return withoutHover(append(edit, withoutCurrent(edit.present)));
}

export function withoutCurrent(step: Step): Step {
  return {
    ...step,
    sequence: 0,
    prompts: noPrompts,
    answer: undefined,
    problem: undefined,
    asked: false,
    editing: undefined,
  };
}

export function undo(edit: Edit): Edit {
  const before = edit.past.at(-1);
  if (before === undefined) return edit;
  return withoutHover({
    ...edit,
    past: edit.past.slice(0, -1),
    present: before,
    future: [edit.present, ...edit.future],
  });
}

export function redo(edit: Edit): Edit {
  const [after, ...future] = edit.future;
  if (after === undefined) return edit;
  return withoutHover({ ...edit, past: [...edit.past, edit.present], present: after, future });
}

export function choose(edit: Edit, index: number): Edit {
  const { answer } = edit.present;
  if (answer === undefined || answer.masks[index] === undefined || answer.chosen === index) return edit;
  return { ...edit, present: { ...edit.present, answer: { ...answer, chosen: index } } };
}

/** The next candidate or the one before, round and round. */
export function stepCandidate(edit: Edit, by: 1 | -1): Edit {
  const { answer } = edit.present;
  if (answer === undefined) return edit;
  const count = answer.masks.length;
  return choose(edit, (answer.chosen + by + count) % count);
}

/** Puts what came for a click where the click is now: undone ones keep their masks for redo. */
export function settle(edit: Edit, sequence: number, outcome: Answer | string): Edit {
  const into = (step: Step): Step => {
    if (step.sequence !== sequence) return step;
    return typeof outcome === "string"
      ? { ...step, problem: outcome }
      : { ...step, answer: outcome, problem: undefined };
  };
  const isPresent = edit.present.sequence === sequence;
  return {
    ...edit,
    past: edit.past.map(into),
    present: into(edit.present),
    future: edit.future.map(into),
    waiting: edit.waiting.filter((click) => click.sequence !== sequence),
    hover: isPresent ? { ...noHover, asked: edit.hover.asked } : edit.hover,
  };
}

/** What is on the screen when nothing more arrives: the answer of the present, or its predecessor's while it waits. */
export function shownAnswer(edit: Edit): { answer: Answer; sequence: number; pending: boolean } | undefined {
  const { present, past } = edit;
  if (present.answer !== undefined) return { answer: present.answer, sequence: present.sequence, pending: false };
  if (!hasPrompts(present.prompts)) return undefined;
  for (let i = past.length - 1; i >= 0; i--) {
    const step = past[i]!;
    if (!hasPrompts(step.prompts)) return undefined;
    if (step.answer !== undefined) return { answer: step.answer, sequence: step.sequence, pending: true };
  }
  return undefined;
}

/** The state with the picture's object as it is now. */
export function edited(state: State, picture: ShownPicture, edit: Edit): State {
  return edit === picture.edit ? state : { ...state, picture: { ...picture, edit } };
}

/** The next step of the history; what had been undone is gone. */
export function append(edit: Edit, step: Step): Edit {
  return { ...edit, past: [...edit.past, edit.present], present: step, future: [] };
}

export function withoutHover(edit: Edit): Edit {
  return { ...edit, hover: { ...noHover, asked: staled(edit.hover.asked) } };
}

/** What is on its way still comes, and is not to be shown. */
export function staled(asked: readonly AskedPreview[]): readonly AskedPreview[] {
  return asked.map((one) => ({ ...one, stale: true }));
}
