import { hasPrompts } from "../sdk/session/prompts.js";
import { withoutOldDrafts } from "./drafts.js";
import { withPointing } from "./pick.js";
import { promptsInSight } from "./pointed.js";
import { withoutGone } from "./selection.js";
import type { State } from "./state.js";

/** What follows from any change. */
export function settle(state: State): State {
  return withoutGone(withoutPick(withFreshLabel(withoutOldDrafts(state))));
}

/** A point that is gone is not picked any more. */
function withoutPick(state: State): State {
  const { picked } = state.pointing;
  if (picked === undefined || promptsInSight(state).points[picked] !== undefined) return state;
  return withPointing(state, { picked: undefined, carried: undefined });
}

/** A new object begins with a point on it. */
function withFreshLabel(state: State): State {
  const { tools } = state;
  return tools.label === 1 || hasPrompts(promptsInSight(state)) ? state : { ...state, tools: { ...tools, label: 1 } };
}
