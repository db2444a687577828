import { allRows } from "./all-rows.js";
import type { AnyKeyRow, HelpWord } from "./key-row.js";

const signs: Readonly<Record<string, string>> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Control: "Ctrl",
  Escape: "Esc",
};

/** What stands on a keyboard. @param key by its ARIA name. @param between what joins it to its modifiers. */
export function keyLabel(key: string, between: string): string {
  // A plus by itself is no joint.
  return key
    .split(/(?<=.)\+/)
    .map((part) => signs[part] ?? part)
    .join(between);
}

/** The keys of a row as the help lists them: a long run by its ends. */
export function listedKeys({ keys }: Pick<AnyKeyRow, "keys">): string[] {
  const labels = keys.map((key) => keyLabel(key, " "));
  return labels.length > 4 ? [labels[0]!, "…", labels.at(-1)!] : labels;
}

/** A title with the keys that do the same as its element. */
export function withKeys(title: string, word: HelpWord): string {
  return `${title} (${keysFor((row) => row.help === word)
    .map((key) => keyLabel(key, "+"))
    .join(" / ")})`;
}

/** By their ARIA names. */
export function keysFor(isMeant: (row: AnyKeyRow) => boolean): string[] {
  return allRows.filter(isMeant).flatMap(({ keys }) => keys);
}

export function keysOfButton(id: string): string[] {
  return keysFor(({ buttons = [] }) => buttons.includes(id));
}
