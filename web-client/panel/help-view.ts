import { listedKeys } from "../keys/key-names.js";
import type { HelpWord } from "../keys/key-row.js";
import type { KeySection } from "../keys/key-table.js";
import { words } from "../words/words.js";
import { element } from "./element.js";

/** All keys on one page, over the picture. */
export class HelpView {
  readonly #dialog = element("help", HTMLDialogElement);
  readonly #list = element("help-list", HTMLElement);

  readonly #table: readonly KeySection[];

  constructor(table: readonly KeySection[]) {
    this.#table = table;
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
    if (this.#list.childElementCount === 0) this.#list.append(...this.#table.map(section));
    if (!this.#dialog.open) this.#dialog.showModal();
  }
}

function section({ title, rows }: KeySection): HTMLElement {
  const part = document.createElement("section");
  const heading = document.createElement("h3");
  const list = document.createElement("dl");
  heading.textContent = words.help[title];
  for (const [meaning, names] of linesOf(rows)) {
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

/** What the help says, with the keys of all rows that it says it of. */
function linesOf(rows: KeySection["rows"]): Map<HelpWord, string[]> {
  const lines = new Map<HelpWord, string[]>();
  for (const row of rows) {
    const { help, shiftHelp } = row;
    if (help !== undefined) lines.set(help, [...(lines.get(help) ?? []), ...listedKeys(row)]);
    if (shiftHelp !== undefined) lines.set(shiftHelp, ["Shift"]);
  }
  return lines;
}
