import { density } from "../canvas/density.js";
import { isWhole } from "../geometry/viewport.js";
import { pictureSize } from "../state/pointed.js";
import type { State } from "../state/state.js";
import type { StatePort } from "../state/state-port.js";
import type { View } from "../state/view.js";
import { element, setText } from "./element.js";

/** Three steps are about a factor of three. */
export const zoomStep = 1.45;

/** How near the picture is, and the buttons to change it. */
export class ZoomView implements View {
  readonly #group = element("zoom", HTMLElement);
  readonly #level = element("zoom-actual", HTMLButtonElement);
  readonly #out = element("zoom-out", HTMLButtonElement);
  readonly #whole = element("zoom-whole", HTMLButtonElement);

  constructor({ dispatch }: StatePort) {
    const onIn = () => dispatch({ kind: "zoomed", factor: zoomStep });
    element("zoom-in", HTMLButtonElement).addEventListener("click", onIn);
    this.#out.addEventListener("click", () => dispatch({ kind: "zoomed", factor: 1 / zoomStep }));
    this.#level.addEventListener("click", () => dispatch({ kind: "actual-size-shown", density: density() }));
    this.#whole.addEventListener("click", () => dispatch({ kind: "whole-shown" }));
  }

  parts(state: State): readonly unknown[] {
    return [pictureSize(state), state.viewport, state.room, density()];
  }

  render(state: State): void {
    const size = pictureSize(state);
    this.#group.hidden = size === undefined;
    if (size === undefined) return;
    const { viewport, room } = state;
    // Pixels of the screen per pixel of the picture.
    setText(this.#level, `${Math.round(viewport.scale * density() * 100)} %`);
    const isAll = isWhole(viewport, size, room);
    this.#out.disabled = isAll;
    this.#whole.disabled = isAll;
  }
}
