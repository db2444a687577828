import type { PreviousMask, Prompt } from "../../proto/index.js";

/** The mask of an earlier click that a prompt starts from, where it names one (C8). */
export function previousOf(prompt: Prompt | undefined): PreviousMask | undefined {
  const source = prompt?.mask?.source;
  return source?.case === "previous" ? source.value : undefined;
}

/** C11 */
export const noSequence = "`mask.previous.sequence` is missing; where 0 is meant, 0 must be sent.";
/** C8 */
export const notKept =
  "`previous` names a mask that is not kept, and no steps to make it again; only those of the latest answered click are kept.";
