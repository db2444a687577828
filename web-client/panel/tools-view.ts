import { hasPrompts } from "../state/prompts.js";
import { overlayOf, type State } from "../state/state.js";
import { element } from "./element.js";

interface ToolActions {
  readonly onUndo: () => void;
  readonly onRedo: () => void;
  readonly onClear: () => void;
}

/** What a click means, and the way back. */
export class ToolsView {
  readonly #undo = element("undo", HTMLButtonElement);
  readonly #redo = element("redo", HTMLButtonElement);
  readonly #clear = element("clear", HTMLButtonElement);
  readonly #include = element("include", HTMLInputElement);
  readonly #exclude = element("exclude", HTMLInputElement);

  constructor({ onUndo, onRedo, onClear }: ToolActions) {
    this.#undo.addEventListener("click", onUndo);
    this.#redo.addEventListener("click", onRedo);
    this.#clear.addEventListener("click", onClear);
  }

  get label(): 0 | 1 {
    return this.#exclude.checked ? 0 : 1;
  }

  render({ picture }: State): void {
    // Among the masks of everything mode there is no object in hand to work on.
    const edit = picture.kind === "empty" || overlayOf(picture) !== undefined ? undefined : picture.edit;
    this.#undo.disabled = edit === undefined || edit.past.length === 0;
    this.#redo.disabled = edit === undefined || edit.future.length === 0;
    const bare = edit === undefined || !hasPrompts(edit.present.prompts);
    this.#clear.disabled = bare;
    // A new object begins with a point on it.
    if (bare) this.#include.checked = true;
    this.#exclude.disabled = bare;
  }
}
