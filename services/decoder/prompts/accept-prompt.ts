import type { Prompt } from "../../../proto/index.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { invalidArgument } from "../../runtime/errors.js";
import { promptInPart } from "../../sam/crop/prompt-in-part.js";
import { checkAbilities } from "../../sam/prompts/check-abilities.js";
import { type CheckedPrompt, checkPrompt, type PictureSize, PromptError } from "../../sam/prompts/check-prompt.js";
import type { Region } from "../../sam/region.js";

/** What of a model says which prompts it takes. */
interface AskedModel {
  id: string;
  capabilities: Pick<ModelSpec["capabilities"], "points" | "boxes" | "maskInput" | "maxPoints">;
  decoder: Pick<ModelSpec["decoder"], "maskGrid">;
}

/**
 * A request's prompt, checked.
 * @param crop the part of the picture that is decoded, if it is one: its pixels are those of what comes back.
 * @throws ServiceError INVALID_ARGUMENT with a sentence that names what is wrong.
 */
export function acceptPrompt(
  prompt: Prompt | undefined,
  picture: PictureSize,
  model: AskedModel,
  crop?: Region,
): CheckedPrompt {
  try {
    if (prompt) checkAbilities(prompt, model);
    const checked = withoutBox(checkPrompt(prompt, picture, model.decoder.maskGrid), model);
    return crop ? promptInPart(checked, crop) : checked;
  } catch (error) {
    if (error instanceof PromptError) throw invalidArgument(error.message);
    throw error;
  }
}

/** The box round a mask helps models that take boxes. */
function withoutBox({ box, ...prompt }: CheckedPrompt, { capabilities }: AskedModel): CheckedPrompt {
  return box && capabilities.boxes ? { ...prompt, box } : prompt;
}
