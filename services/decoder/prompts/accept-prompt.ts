import type { Prompt } from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import { promptInPart } from "../../sam/crop/prompt-in-part.js";
import { type CheckedPrompt, checkPrompt, type PictureSize, PromptError } from "../../sam/prompts/check-prompt.js";
import type { Region } from "../../sam/region.js";

/**
 * A request's prompt, checked.
 * @param crop the part of the picture that is decoded, if it is one: its pixels are those of what comes back.
 * @throws ServiceError INVALID_ARGUMENT with a sentence that names what is wrong.
 */
export function acceptPrompt(
  prompt: Prompt | undefined,
  picture: PictureSize,
  gridSize: number,
  crop?: Region,
): CheckedPrompt {
  try {
    const checked = checkPrompt(prompt, picture, gridSize);
    return crop ? promptInPart(checked, crop) : checked;
  } catch (error) {
    if (error instanceof PromptError) throw invalidArgument(error.message);
    throw error;
  }
}
