import type { Prompt } from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import * as sam from "../../sam/prompts/check-prompt.js";

/** As `sam`'s. @throws ServiceError INVALID_ARGUMENT with a sentence that names what is wrong. */
export function checkPrompt(prompt: Prompt | undefined, size: sam.PictureSize, gridSize: number): sam.CheckedPrompt {
  try {
    return sam.checkPrompt(prompt, size, gridSize);
  } catch (error) {
    if (error instanceof sam.PromptError) throw invalidArgument(error.message);
    throw error;
  }
}
