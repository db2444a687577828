import type { Mask } from "../../proto/index.js";
import { shownAnswer } from "../state/edit.js";
import { overlayOf, type ShownPicture } from "../state/state.js";

/** A preview only suggests; a pending mask is the one before the latest click. */
export type MaskLook = "final" | "pending" | "preview";

/** The mask to be seen: the present's, or until it comes the one before it or the preview under the pointer. */
export function shownMask(picture: ShownPicture): { mask: Mask; look: MaskLook; sequence: number } | undefined {
  // The current object makes room for the choice of another.
  if (overlayOf(picture) !== undefined) return undefined;
  const { edit } = picture;
  const shown = shownAnswer(edit);
  if (shown !== undefined) {
    const mask = shown.answer.masks[shown.answer.chosen];
    return mask && { mask, look: shown.pending ? "pending" : "final", sequence: shown.sequence };
  }
  if (edit.hover.shown === undefined) return undefined;
  return { mask: edit.hover.shown, look: "preview", sequence: 0 };
}
