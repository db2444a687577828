import type { SegmentResult } from "../../proto/index.js";
import { hasPrompts } from "../sdk/session/prompts.js";
import type { Click } from "../sdk/session/waiting.js";
import type { Draft, Shown, ShownPicture, State } from "./state.js";

/*
 * What a draft of the picture says of clicks, until their own answers take its place. It is shown and never more than that: it
 * is no part of the work that is kept, taken home or gone on from.
 */

/** Whether prompts are answered. */
export function isAnswering(picture: ShownPicture): boolean {
  return picture.kind === "ready" || (picture.kind === "encoding" && picture.hasDraft);
}

export function sketched(state: State, picture: ShownPicture, { sequence }: Click, { masks }: SegmentResult): State {
  const [mask] = masks;
  if (mask === undefined || mask.area === 0) return state;
  const others = picture.drafts.filter((draft) => draft.sequence !== sequence);
  return { ...state, picture: { ...picture, drafts: [...others, { sequence, mask }] } };
}

/** The one to be seen: of the latest click that has one, unless a later one was answered. */
export function shownDraft({ edit, drafts }: Pick<Shown, "edit" | "drafts">): Draft | undefined {
  if (drafts.length === 0) return undefined;
  for (const step of [edit.present, ...edit.past.toReversed()]) {
    if (!hasPrompts(step.prompts) || step.answer !== undefined) return undefined;
    const draft = drafts.find(({ sequence }) => sequence === step.sequence);
    if (draft !== undefined) return draft;
  }
  return undefined;
}

/** What has come to its end needs no draft. */
export function withoutOldDrafts(state: State): State {
  const { picture } = state;
  if (picture.kind === "empty" || picture.drafts.length === 0) return state;
  const { waiting } = picture.edit;
  const drafts = picture.drafts.filter(({ sequence }) => waiting.some((click) => click.sequence === sequence));
  return drafts.length === picture.drafts.length ? state : { ...state, picture: { ...picture, drafts } };
}
