import { words } from "../words/words.js";
import { element } from "./element.js";
import { shortcuts } from "./shortcuts.js";

/** All keys on one page, over the picture. */
export class HelpView {
  readonly #dialog = element("help", HTMLDialogElement);
  readonly #list = element("help-list", HTMLElement);

  constructor() {
    element("help-open", HTMLButtonElement).addEventListener("click", () => this.open());
    element("help-close", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    // A click beside the page of keys closes it, as Escape does by itself.
    this.#dialog.addEventListener("click", ({ target }) => {
      if (target === this.#dialog) this.#dialog.close();
    });
  }

  get isOpen(): boolean {
    return this.#dialog.open;
  }

  open(): void {
    if (this.#list.childElementCount === 0) this.#list.append(...shortcuts.map(section));
    if (!this.#dialog.open) this.#dialog.showModal();
  }
}

function section({ title, keys }: (typeof shortcuts)[number]): HTMLElement {
  const part = document.createElement("section");
  const heading = document.createElement("h3");
  const list = document.createElement("dl");
  heading.textContent = words.help[title];
  for (const [names, meaning] of keys) {
    const row = document.createElement("div");
    const term = document.createElement("dt");
    const description = document.createElement("dd");
    term.append(
      ...names.map((name) => {
        const key = document.createElement("kbd");
        key.textContent = name;
        return key;
      }),
    );
    description.textContent = words.help[meaning];
    row.append(term, description);
    list.append(row);
  }
  part.append(heading, list);
  return part;
}
