import { hasPrompts, type Prompts } from "../sdk/session/prompts.js";
import { ask } from "./edit.js";
import type { Effect, EventOf } from "./event.js";
import { isAble, lackFor, modelInUse, takesMasks } from "./models.js";
import { begin, halted, shownOf, stopPicture } from "./picture.js";
import type { Shown, State } from "./state.js";
import { startStripAgain } from "./strip.js";
import type { Tool } from "./tools.js";
import { type Edit, noHover } from "./work.js";

type Next = readonly [State, readonly Effect[]];

/** One that is not served any more gives way to the usual one. */
export function listModels(state: State, { models: served, atMs }: EventOf<"models-listed">): Next {
  const { chosen } = state.models;
  const listed: State = { ...state, models: { ...state.models, served } };
  const isGone = chosen !== undefined && served.length > 0 && !served.some(({ id }) => id === chosen);
  return isGone ? chooseModel(listed, { kind: "model-chosen", id: undefined, atMs }) : [withTool(listed), []];
}

/** The picture is opened with it again; what a person did on it stays. */
export function chooseModel(state: State, { id, atMs }: EventOf<"model-chosen">): Next {
  const { served, chosen: before } = state.models;
  const chosen = id === served[0]?.id ? undefined : id;
  if (chosen === before) return [state, []];
  const [next, effects] = startStripAgain(withTool({ ...state, models: { served, chosen } }));
  const { picture } = next;
  if (picture.kind === "empty" || (picture.kind === "refused" && picture.isTooLarge)) return [next, effects];
  const [edit, nextSequence] = askAnew(next, picture.edit, atMs);
  const shown: Shown = { ...shownOf(picture), edit, drafts: [], tries: 0, everything: halted(picture.everything) };
  const [opened, opening] = begin({ ...next, nextSequence, notice: undefined }, shown, atMs);
  return [opened, [...stopPicture(next), ...effects, ...opening]];
}

/**
 * The current object is asked of the other model too, as a step of its own: the mask in hand is a step back. What waits for an answer, which
 * the session gives up with the model, is asked under new numbers.
 */
function askAnew(state: State, edit: Edit, atMs: number): readonly [Edit, number] {
  let next = state.nextSequence;
  const numbers = new Map(edit.waiting.map(({ sequence }) => [sequence, next++]));
  const renumbered = <Item extends { readonly sequence: number }>(item: Item): Item => {
    const sequence = numbers.get(item.sequence);
    return sequence === undefined ? item : { ...item, sequence };
  };
  const again: Edit = {
    past: edit.past.map(renumbered),
    present: renumbered(edit.present),
    future: edit.future.map(renumbered),
    waiting: edit.waiting.map((click) => ({ ...renumbered(click), sentAtMs: undefined, notBeforeMs: 0 })),
    hover: noHover,
  };
  const { prompts, answer, asked } = again.present;
  if (answer === undefined || !asked || !hasPrompts(prompts) || !takes(state, prompts)) return [again, next];
  const { chosen: model } = state.models;
  return [ask(again, { ...prompts, from: undefined }, { sequence: next, model, atMs }), next + 1];
}

function takes(state: State, { points, marks = [], box, mask }: Prompts): boolean {
  const model = modelInUse(state);
  const all = [...points, ...marks];
  return (
    (all.length === 0 || isAble(model, "points")) &&
    (all.every(({ label }) => label === 1) || isAble(model, "negatives")) &&
    (box === undefined || isAble(model, "boxes")) &&
    (mask === undefined || takesMasks(model))
  );
}

/** A tool that the model has no use for is put aside. */
function withTool(state: State): State {
  const model = modelInUse(state);
  const { tools } = state;
  const order: readonly Tool[] = [tools.tool, "click", "box", "pan"];
  const tool = order.find((one) => lackFor(model, one) === undefined) ?? "pan";
  const label = isAble(model, "negatives") ? tools.label : 1;
  return tool === tools.tool && label === tools.label ? state : { ...state, tools: { ...tools, tool, label } };
}
