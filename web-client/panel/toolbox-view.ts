import { overlayOf, type State } from "../state/state.js";
import { brushSize, isTool, stepBrushSize, type Tool, tools } from "../state/tool.js";
import { element } from "./element.js";

interface ToolboxActions {
  readonly onTool: (tool: Tool) => void;
  readonly onBrushSize: () => void;
  readonly onFill: (filled: boolean) => void;
}

/** The tools beside the picture: which one the hand holds, how wide its brush is, whether masks are filled. */
export class ToolboxView {
  readonly #box = element("toolbox", HTMLElement);
  readonly #inputs = new Map(tools.map((tool) => [tool, element(`tool-${tool}`, HTMLInputElement)]));
  readonly #brush = element("brush-options", HTMLElement);
  readonly #size = element("brush-size", HTMLInputElement);
  readonly #fill = element("fill", HTMLButtonElement);
  readonly #actions: ToolboxActions;

  constructor(actions: ToolboxActions) {
    this.#actions = actions;
    this.#size.min = String(brushSize.least);
    this.#size.max = String(brushSize.most);
    this.#size.value = String(brushSize.first);
    this.#size.addEventListener("input", () => actions.onBrushSize());
    this.#box.addEventListener("change", (event) => {
      if (event.target instanceof HTMLInputElement && isTool(event.target.value)) this.choose(event.target.value);
    });
    this.#fill.addEventListener("click", () => this.toggleFill());
  }

  get tool(): Tool {
    return tools.find((tool) => this.#inputs.get(tool)?.checked) ?? "click";
  }

  /** Diameter in CSS pixels. */
  get brushSize(): number {
    return Number(this.#size.value);
  }

  choose(tool: Tool): void {
    const input = this.#inputs.get(tool);
    if (input !== undefined) input.checked = true;
    this.#actions.onTool(tool);
  }

  stepBrush(by: 1 | -1): void {
    this.#size.value = String(stepBrushSize(this.brushSize, by));
    this.#actions.onBrushSize();
  }

  toggleFill(): void {
    const filled = this.#fill.getAttribute("aria-pressed") !== "true";
    this.#fill.setAttribute("aria-pressed", String(filled));
    this.#actions.onFill(filled);
  }

  render({ picture }: State): void {
    this.#box.hidden = picture.kind === "empty";
    this.#brush.hidden = picture.kind === "empty" || this.tool !== "brush" || overlayOf(picture) !== undefined;
  }
}
