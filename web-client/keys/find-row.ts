import { allRows } from "./all-rows.js";
import type { AnyKeyRow, KeyRow, Pressed, Situation } from "./key-row.js";

/** What of a `KeyboardEvent` says which key it is. */
export type KeyPress = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

/** The row for a key in a situation: one that names Shift before one that does not, when it is held. */
export function findRow<Where extends Situation>(where: Where, press: KeyPress): KeyRow<Where> | undefined {
  const here = allRows.filter((row): row is AnyKeyRow & KeyRow<Where> => row.on === where);
  for (const name of namesOf(press)) {
    const row = here.find(({ keys, also = [] }) => keys.includes(name) || also.includes(name));
    if (row !== undefined) return row;
  }
  return undefined;
}

export function pressedOf({ key, shiftKey }: KeyPress): Pressed {
  return { key: ariaName(key), shift: shiftKey };
}

/** The names that the key with its modifiers goes by, the fullest first. */
function namesOf({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyPress): string[] {
  const name = (...modifiers: string[]) => [...modifiers, ariaName(key)].join("+");
  const held = [...(ctrlKey || metaKey ? ["Control"] : []), ...(altKey ? ["Alt"] : [])];
  return shiftKey ? [name(...held, "Shift"), name(...held)] : [name(...held)];
}

function ariaName(key: string): string {
  return key === " " ? "Space" : key.length === 1 ? key.toUpperCase() : key;
}
