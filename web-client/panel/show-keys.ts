import { keyLabel, keysFor, keysOfButton } from "../keys/key-names.js";
import type { KeySection } from "../keys/key-table.js";

/**
 * Tells a page's keys beside what does the same: in the titles of buttons, to screen readers, and where the HTML names a help
 * word. A page need not have all that its keys could do.
 */
export function showKeys(table: readonly KeySection[]): void {
  const buttons = new Set(table.flatMap(({ rows }) => rows.flatMap((row) => row.buttons ?? [])));
  for (const id of buttons) {
    const keys = keysOfButton(id);
    const button = document.getElementById(id);
    if (button === null) continue;
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
