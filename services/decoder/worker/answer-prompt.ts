import { decodePrompt, type OpenPicture } from "../../sam/decode/decode-prompt.js";
import type { MaskDecoder } from "../../sam/decode/mask-decoder.js";
import { encodeHalf } from "../../sam/half-float.js";
import { type DecodedMask, finishMask } from "../../sam/masks/decoded-mask.js";
import { encodePng } from "../masks/encode-png.js";
import type { DecodedPrompt, PromptTask } from "./decoder-tasks.js";

/** One prompt -> its masks at the picture's resolution, best first, in the forms that the task asks for. */
export async function answerPrompt<Kept>(
  task: PromptTask,
  decoder: MaskDecoder<Kept>,
  picture: OpenPicture<Kept>,
): Promise<Omit<DecodedPrompt, "warm" | "prepareMs">> {
  const started = performance.now();
  const { masks: chosen, isPreviewed } = await decodePrompt(decoder, picture, task.prompt, task);
  const decoded = performance.now();
  const masks: DecodedMask[] = [];
  for (const one of chosen) {
    const { mask, traced } = finishMask(one, picture.frame);
    if (task.png) mask.png = await encodePng(traced);
    if (task.lowResLogits) mask.lowResLogits = encodeHalf(one.logits);
    masks.push(mask);
  }
  return { masks, isPreviewed, decodeMs: decoded - started, maskMs: performance.now() - decoded };
}
