import { element, setText } from "./element.js";

interface ZoomActions {
  readonly onIn: () => void;
  readonly onOut: () => void;
  readonly onActualSize: () => void;
  readonly onWhole: () => void;
}

/** How near the picture is, and the buttons to change it. */
export class ZoomView {
  readonly #group = element("zoom", HTMLElement);
  readonly #level = element("zoom-actual", HTMLButtonElement);
  readonly #out = element("zoom-out", HTMLButtonElement);
  readonly #whole = element("zoom-whole", HTMLButtonElement);

  constructor({ onIn, onOut, onActualSize, onWhole }: ZoomActions) {
    element("zoom-in", HTMLButtonElement).addEventListener("click", onIn);
    this.#out.addEventListener("click", onOut);
    this.#level.addEventListener("click", onActualSize);
    this.#whole.addEventListener("click", onWhole);
  }

  /** @param zoom pixels of the screen per pixel of the picture; undefined without a picture. */
  render(zoom: number | undefined, isWhole: boolean): void {
    this.#group.hidden = zoom === undefined;
    if (zoom === undefined) return;
    setText(this.#level, `${Math.round(zoom * 100)} %`);
    this.#out.disabled = isWhole;
    this.#whole.disabled = isWhole;
  }
}
