import type { SaveStatus } from "../save/autosave.js";
import { words } from "../words/words.js";
import { element, setData, setText } from "./element.js";

/** Whether the work is kept in the browser, and the way to have it forgotten. */
export class SavedView {
  readonly #line = element("saved", HTMLElement);
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
    this.show("saved");
  }

  show(status: SaveStatus): void {
    setData(this.#line, "status", status);
    setText(this.#text, status === "off" ? words.saved.off : words.saved.here);
  }
}
