import { hasPrompts } from "../sdk/session/prompts.js";
import { overlayOf, type Picture, type State } from "../state/state.js";
import type { View } from "../state/view.js";
import { element } from "./element.js";

/** What stands where the picture will be, and over it until it is known what to do there. */
export class StageView implements View {
  readonly #welcome = element("welcome", HTMLElement);
  readonly #coach = element("coach", HTMLElement);

  parts({ picture, tools }: State): readonly unknown[] {
    return [picture.kind === "empty", tools.tool === "click" && needsCoach(picture)];
  }

  render({ picture, tools }: State): void {
    this.#welcome.hidden = picture.kind !== "empty";
    this.#coach.hidden = tools.tool !== "click" || !needsCoach(picture);
  }
}

/** Until the first click, and while nothing under the pointer speaks for itself. */
function needsCoach(picture: Picture): boolean {
  if (picture.kind === "empty" || picture.kind === "refused" || overlayOf(picture) !== undefined) return false;
  const { past, present, future, hover } = picture.edit;
  return past.length === 0 && future.length === 0 && !hasPrompts(present.prompts) && hover.shown === undefined;
}
