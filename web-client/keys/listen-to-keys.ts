import { findRow, pressedOf } from "./find-row.js";
import type { Acts, Situation } from "./key-row.js";

/**
 * Has the table's rows for a situation carried out when their keys are pressed on an element. A key that something nearer
 * has taken is nobody's any more: its default is prevented.
 * @param isNow whether it is this situation.
 * @param signal ends it.
 */
export function listenToKeys<Where extends Situation>(
  target: HTMLElement | Window,
  where: Where,
  acts: Acts[Where],
  isNow: (event: KeyboardEvent) => boolean = () => true,
  signal?: AbortSignal,
): void {
  const press = (event: Event) => {
    if (!(event instanceof KeyboardEvent) || event.defaultPrevented || !isNow(event)) return;
    const row = findRow(where, event);
    if (row?.does === undefined || row.does(acts, pressedOf(event)) === false) return;
    if (row.goesOn !== true) event.preventDefault();
  };
  target.addEventListener("keydown", press, signal === undefined ? {} : { signal });
}
