import { keyLabel, keysFor, keysOfButton } from "../keys/key-names.js";
import { keyTable } from "../keys/key-table.js";
import { element } from "./element.js";

/** Tells the keys beside what does the same: in the titles of buttons, to screen readers, and where the HTML names a help word. */
export function showKeys(): void {
  const buttons = new Set(keyTable.flatMap(({ rows }) => rows.flatMap((row) => row.buttons ?? [])));
  for (const id of buttons) {
    const keys = keysOfButton(id);
    const button = element(id, HTMLElement);
    button.setAttribute("aria-keyshortcuts", keys.join(" "));
    // A label has the title of the control inside it.
    const titled = button.title === "" ? button.closest<HTMLElement>("label[title]") : button;
    if (titled !== null) titled.title += ` (${keys.map((key) => keyLabel(key, "+")).join(" / ")})`;
  }
  for (const key of document.querySelectorAll<HTMLElement>("kbd[data-key]")) {
    const [first = ""] = keysFor(({ help }) => help === key.dataset.key);
    key.textContent = keyLabel(first, "+");
  }
}
