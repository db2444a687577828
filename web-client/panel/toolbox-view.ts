import { lackFor, modelInUse } from "../state/models.js";
import { overlayOf, type State } from "../state/state.js";
import type { StatePort } from "../state/state-port.js";
import { brushSize, isTool, tools } from "../state/tools.js";
import type { View } from "../state/view.js";
import { words } from "../words/words.js";
import { element } from "./element.js";

/** The tools beside the picture: which one is in use, how wide its brush is, whether masks are filled. */
export class ToolboxView implements View {
  readonly #box = element("toolbox", HTMLElement);
  readonly #inputs = tools.map((tool) => {
    const input = element(`tool-${tool}`, HTMLInputElement);
    const label = input.closest("label");
    return { tool, input, label, title: label?.title ?? "" };
  });
  readonly #brush = element("brush-options", HTMLElement);
  readonly #size = element("brush-size", HTMLInputElement);
  readonly #fill = element("fill", HTMLButtonElement);

  constructor({ dispatch }: StatePort) {
    this.#size.min = String(brushSize.least);
    this.#size.max = String(brushSize.most);
    this.#size.addEventListener("input", () => dispatch({ kind: "brush-sized", size: Number(this.#size.value) }));
    this.#box.addEventListener("change", ({ target }) => {
      if (target instanceof HTMLInputElement && isTool(target.value)) {
        dispatch({ kind: "tool-chosen", tool: target.value });
      }
    });
    this.#fill.addEventListener("click", () => dispatch({ kind: "fill-toggled" }));
  }

  parts({ picture, tools: all, models }: State): readonly unknown[] {
    return [picture.kind === "empty", overlayOf(picture) === undefined, all, models];
  }

  render(state: State): void {
    const { picture } = state;
    const { tool, brushSize: size, isFilled } = state.tools;
    const model = modelInUse(state);
    this.#box.hidden = picture.kind === "empty";
    this.#brush.hidden = picture.kind === "empty" || tool !== "brush" || overlayOf(picture) !== undefined;
    for (const { tool: one, input, label, title } of this.#inputs) {
      const lack = lackFor(model, one);
      input.checked = one === tool;
      input.disabled = lack !== undefined;
      if (label !== null) label.title = lack === undefined ? title : `${title}. ${words.models.lacks[lack]}`;
    }
    this.#size.value = String(size);
    this.#fill.setAttribute("aria-pressed", String(isFilled));
  }
}
