import { cursorOf } from "../state/grip.js";
import { toolInUse } from "../state/pointed.js";
import type { State } from "../state/state.js";
import type { View } from "../state/view.js";
import { liveTool } from "./live-tool.js";
import type { ToolLayer } from "./tool-layer.js";

/** What goes along with the pointer: the tool on its layer, and the pointer's own look. */
export class PointingView implements View {
  readonly #canvas: HTMLCanvasElement;
  readonly #layer: ToolLayer;

  constructor(canvas: HTMLCanvasElement, layer: ToolLayer) {
    this.#canvas = canvas;
    this.#layer = layer;
  }

  parts(state: State): readonly unknown[] {
    const { gesture, place, grip } = state.pointing;
    return [gesture, place, grip, toolInUse(state), state.tools.brushSize, state.isDragging, state.isPanKeyHeld];
  }

  render(state: State): void {
    this.#layer.live = liveTool(state);
    const cursor = toolInUse(state) === "brush" ? "none" : cursorOf(state.pointing.grip);
    if (this.#canvas.style.cursor !== cursor) this.#canvas.style.cursor = cursor;
    const pan = state.isDragging ? "moving" : state.isPanKeyHeld || state.tools.tool === "pan" ? "ready" : "none";
    if (this.#canvas.dataset.pan !== pan) this.#canvas.dataset.pan = pan;
  }
}
