import type { State } from "../state/state.js";
import type { View } from "../state/view.js";
import { words } from "../words/words.js";
import { element, setText } from "./element.js";

/** Whether the work is kept in the browser, and the way to have it forgotten. */
export class SavedView implements View {
  readonly #text = element("saved-text", HTMLElement);
  readonly #open = element("saved-clear", HTMLButtonElement);
  readonly #dialog = element("clear-dialog", HTMLDialogElement);

  constructor({ onClear }: { onClear: () => Promise<void> }) {
    this.#open.addEventListener("click", () => this.#dialog.showModal());
    element("clear-cancel", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    element("clear-confirm", HTMLButtonElement).addEventListener("click", () => {
      this.#dialog.close();
      void onClear();
    });
  }

  parts({ page }: State): readonly unknown[] {
    return [page.saving];
  }

  render({ page: { saving } }: State): void {
    setText(this.#text, saving === "off" ? words.saved.off : words.saved.here);
  }
}
