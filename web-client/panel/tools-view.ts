import { hasPrompts } from "../sdk/session/prompts.js";
import { isAble, modelInUse } from "../state/models.js";
import { promptsInSight } from "../state/pointed.js";
import { overlayOf, type State } from "../state/state.js";
import type { StatePort } from "../state/state-port.js";
import type { View } from "../state/view.js";
import { words } from "../words/words.js";
import { element } from "./element.js";

/** What a click means, and the way back. */
export class ToolsView implements View {
  readonly #undo = element("undo", HTMLButtonElement);
  readonly #redo = element("redo", HTMLButtonElement);
  readonly #clear = element("clear", HTMLButtonElement);
  readonly #include = element("include", HTMLInputElement);
  readonly #exclude = element("exclude", HTMLInputElement);

  constructor({ dispatch }: StatePort) {
    this.#undo.addEventListener("click", () => dispatch({ kind: "undo" }));
    this.#redo.addEventListener("click", () => dispatch({ kind: "redo" }));
    this.#clear.addEventListener("click", () => dispatch({ kind: "clear" }));
    this.#include.addEventListener("change", () => dispatch({ kind: "label-chosen", label: 1 }));
    this.#exclude.addEventListener("change", () => dispatch({ kind: "label-chosen", label: 0 }));
  }

  parts({ picture, tools, models }: State): readonly unknown[] {
    if (picture.kind === "empty") return [tools.label, models];
    const { past, present, future } = picture.edit;
    return [tools.label, models, overlayOf(picture) === undefined, past, present, future];
  }

  render(state: State): void {
    const { picture, tools } = state;
    // Among the masks of everything mode there is no current object to work on.
    const edit = picture.kind === "empty" || overlayOf(picture) !== undefined ? undefined : picture.edit;
    this.#undo.disabled = edit === undefined || edit.past.length === 0;
    this.#redo.disabled = edit === undefined || edit.future.length === 0;
    const isBare = !hasPrompts(promptsInSight(state));
    this.#clear.disabled = isBare;
    const model = modelInUse(state);
    this.#include.disabled = !isAble(model, "points");
    this.#exclude.disabled = isBare || !isAble(model, "negatives");
    this.#say(this.#include, isAble(model, "points") ? "" : words.models.lacks.points);
    this.#say(this.#exclude, isAble(model, "negatives") ? "" : words.models.lacks.negatives);
    this.#include.checked = tools.label === 1;
    this.#exclude.checked = tools.label === 0;
  }

  /** Why it cannot be chosen. */
  #say(input: HTMLInputElement, why: string): void {
    if (input.parentElement !== null) input.parentElement.title = why;
  }
}
