import type { Mask } from "../../proto/index.js";
import { shownDraft } from "../state/drafts.js";
import { shownAnswer } from "../state/edit.js";
import { overlayOf, type ShownPicture } from "../state/state.js";

/** A preview only suggests; a draft is coarse, and a better mask on its way; a pending mask is the one before the latest click. */
export type MaskLook = "final" | "draft" | "pending" | "preview";

export interface ShownMask {
  readonly mask: Mask;
  readonly look: MaskLook;
  readonly sequence: number;
  /** It comes from a draft of the picture, be it of a click or of a preview. */
  readonly isDraft: boolean;
}

/** The mask to be seen: the present's, or until it comes its draft, the one before it or the preview under the pointer. */
export function shownMask(picture: ShownPicture): ShownMask | undefined {
  // The current object makes room for the choice of another.
  if (overlayOf(picture) !== undefined) return undefined;
  const { edit } = picture;
  const draft = shownDraft(picture);
  if (draft !== undefined) return { ...draft, look: "draft", isDraft: true };
  const shown = shownAnswer(edit);
  if (shown !== undefined) {
    const mask = shown.answer.masks[shown.answer.chosen];
    return mask && { mask, look: shown.pending ? "pending" : "final", sequence: shown.sequence, isDraft: false };
  }
  const { shown: mask, isDraft } = edit.hover;
  return mask && { mask, look: "preview", sequence: 0, isDraft };
}
