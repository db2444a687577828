import type { State } from "../state/state.js";
import type { View } from "../state/view.js";

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Writes what is known into the `data-` attributes of an element of the page. */
export class AttributeView implements View {
  readonly #element: HTMLElement | null;
  readonly #attributesOf: (state: State) => Attributes;

  constructor(id: string, attributesOf: (state: State) => Attributes) {
    this.#element = document.getElementById(id);
    this.#attributesOf = attributesOf;
  }

  parts(state: State): readonly unknown[] {
    return Object.values(this.#attributesOf(state));
  }

  render(state: State): void {
    for (const [key, value] of Object.entries(this.#attributesOf(state))) {
      if (this.#element !== null) this.#element.dataset[key] = String(value);
    }
  }
}
