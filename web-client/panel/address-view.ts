import { addressIn } from "../pictures/picture-url.js";
import type { State } from "../state/state.js";
import type { View } from "../state/view.js";
import { words } from "../words/words.js";
import { element, setText } from "./element.js";

/** Asks for the address of a picture; only where the gateway fetches any. */
export class AddressView implements View {
  readonly #open = element("address-open", HTMLButtonElement);
  readonly #dialog = element("address", HTMLDialogElement);
  readonly #field = element("address-field", HTMLInputElement);
  readonly #problem = element("address-problem", HTMLElement);

  constructor({ onAddress }: { readonly onAddress: (address: URL) => void }) {
    this.#open.addEventListener("click", () => {
      this.#complain("");
      this.#dialog.showModal();
      this.#field.select();
    });
    element("address-cancel", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    element("address-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const address = addressIn(this.#field.value);
      if (address === undefined) {
        this.#complain(words.address.noAddress);
        this.#field.focus();
        return;
      }
      this.#dialog.close();
      this.#field.value = "";
      onAddress(address);
    });
    this.#field.addEventListener("input", () => this.#complain(""));
    // Letters are text here, and what is pasted belongs into the field.
    for (const kind of ["keydown", "paste"]) this.#dialog.addEventListener(kind, (event) => event.stopPropagation());
    this.#dialog.addEventListener("click", ({ target }) => {
      if (target === this.#dialog) this.#dialog.close();
    });
  }

  parts({ takesAddresses }: State): readonly unknown[] {
    return [takesAddresses];
  }

  render({ takesAddresses }: State): void {
    this.#open.hidden = !takesAddresses;
  }

  #complain(text: string): void {
    setText(this.#problem, text);
    this.#field.setAttribute("aria-invalid", String(text !== ""));
  }
}
