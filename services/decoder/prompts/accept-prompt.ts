import type { Prompt } from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import { type CheckedPrompt, checkPrompt, type PictureSize, PromptError } from "../../sam/prompts/check-prompt.js";

/** A request's prompt, checked. @throws ServiceError INVALID_ARGUMENT with a sentence that names what is wrong. */
export function acceptPrompt(prompt: Prompt | undefined, size: PictureSize, gridSize: number): CheckedPrompt {
  try {
    return checkPrompt(prompt, size, gridSize);
  } catch (error) {
    if (error instanceof PromptError) throw invalidArgument(error.message);
    throw error;
  }
}
