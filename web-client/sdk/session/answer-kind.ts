import type { SegmentResponse } from "../../../proto/index.js";

/**
 * A click is answered up to three times under its number: from a draft of the picture, for itself, and finer on a part of the picture.
 * Only its own answer ends its wait and is any of the others' place in the line (C1, C2); the one before it is shown and gone, the one
 * after it takes its place.
 */
type AnswerKind = "draft" | "own" | "finer";

/** Of a preview, which is answered once, a draft is its own. */
export function answerKind({ outcome }: Pick<SegmentResponse, "outcome">): AnswerKind {
  if (outcome.case !== "result") return "own";
  if (outcome.value.draft) return "draft";
  return outcome.value.detail ? "finer" : "own";
}
