import type { Action, Monitor, Reading, Threshold, Trigger } from "./thresholds.js";

/** Readings in a row before an action begins: one long garbage collection, or a process that was stopped for a while, is none. */
export const readingsToBegin = 3;
/** And before it ends: what was refused comes back at once. */
export const readingsToEnd = 5;

interface ActionState {
  readonly isOn: boolean;
  /** Readings in a row that speak for a change. */
  readonly streak: number;
}

export type OverloadState = ReadonlyMap<Action, ActionState>;

/** An action that begins or ends, and the monitor that is furthest over its mark then, or nearest to it. */
export interface Change {
  readonly action: Action;
  readonly isOn: boolean;
  readonly monitor: Monitor;
}

const off: ActionState = { isOn: false, streak: 0 };

/** One more reading. Counted in readings and not in time: nothing is known of the time in which none was taken. */
export function judge(
  state: OverloadState,
  reading: Reading,
  thresholds: readonly Threshold[],
): { state: OverloadState; changes: Change[] } {
  const next = new Map<Action, ActionState>();
  const changes: Change[] = [];
  for (const { action, triggers } of thresholds) {
    const { isOn, streak } = state.get(action) ?? off;
    const worst = worstOf(triggers, reading, isOn ? "ends" : "begins");
    const isOver = reading[worst.monitor] >= worst[isOn ? "ends" : "begins"];
    const count = isOver === isOn ? 0 : streak + 1;
    const isChange = count >= (isOn ? readingsToEnd : readingsToBegin);
    next.set(action, isChange ? { isOn: !isOn, streak: 0 } : { isOn, streak: count });
    if (isChange) changes.push({ action, isOn: !isOn, monitor: worst.monitor });
  }
  return { state: next, changes };
}

/** The monitor that is furthest over its mark, or nearest to it. */
function worstOf(triggers: readonly Trigger[], reading: Reading, mark: "begins" | "ends"): Trigger {
  const over = (trigger: Trigger) => reading[trigger.monitor] / trigger[mark];
  return triggers.reduce((worst, trigger) => (over(trigger) > over(worst) ? trigger : worst));
}
