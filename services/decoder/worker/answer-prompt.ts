import { encodeHalf } from "../../../proto/half-float.js";
import { maskInPart } from "../../sam/crop/mask-in-part.js";
import { decodePrompt, type OpenPicture } from "../../sam/decode/decode-prompt.js";
import type { MaskDecoder } from "../../sam/decode/mask-decoder.js";
import type { Frame } from "../../sam/frame.js";
import { type DecodedMask, finishMask } from "../../sam/masks/decoded-mask.js";
import type { PictureSize } from "../../sam/prompts/check-prompt.js";
import { encodePng } from "../masks/encode-png.js";
import type { DecodedPrompt, PromptTask } from "./decoder-tasks.js";

/**
 * One prompt -> its masks at the picture's resolution, best first, in the forms that the task asks for.
 * @param open what was encoded: the picture, or a part of it. @param frameOf the model's frame of what has that size.
 */
export async function answerPrompt<Kept>(
  task: PromptTask,
  decoder: MaskDecoder<Kept>,
  open: OpenPicture<Kept>,
  frameOf: (size: PictureSize) => Frame,
): Promise<Omit<DecodedPrompt, "warm" | "prepareMs">> {
  const started = performance.now();
  const { crop, picture, prompt } = task;
  const mask = prompt.mask && maskInPart(prompt.mask, crop, picture, frameOf);
  const moved = mask ? { ...prompt, mask } : prompt;
  const { masks: chosen, isPreviewed } = await decodePrompt(decoder, open, moved, task);
  const decoded = performance.now();
  const masks: DecodedMask[] = [];
  for (const one of chosen) {
    const { mask, traced } = finishMask(one, open.frame, crop && { crop, picture });
    if (task.png) mask.png = await encodePng(traced);
    if (task.lowResLogits) mask.lowResLogits = encodeHalf(one.logits);
    masks.push(mask);
  }
  return { masks, isPreviewed, decodeMs: decoded - started, maskMs: performance.now() - decoded };
}
