import { remember, remembered } from "../remembered.js";
import type { State } from "../state/state.js";
import type { StatePort } from "../state/state-port.js";
import type { View } from "../state/view.js";
import { element } from "./element.js";

const key = "maskwire-detail";

/** Whether masks are made finer: on, unless the person has turned it off at this visit or an earlier one. */
export class DetailView implements View {
  readonly #box = element("detail", HTMLInputElement);

  constructor({ dispatch }: StatePort) {
    dispatch({ kind: "detail-chosen", isFine: remembered(key) !== "off" });
    this.#box.addEventListener("change", () => {
      const isFine = this.#box.checked;
      remember(key, isFine ? "on" : "off");
      dispatch({ kind: "detail-chosen", isFine });
    });
  }

  parts({ tools }: State): readonly unknown[] {
    return [tools.isFine];
  }

  render({ tools }: State): void {
    this.#box.checked = tools.isFine;
  }
}
