import type { Frame } from "../frame.js";
import { type ChosenMask, chooseMasks } from "../masks/candidates.js";
import type { LatestPreview } from "../masks/latest-preview.js";
import { maskLogits } from "../masks/mask-logits.js";
import type { CheckedPrompt } from "../prompts/check-prompt.js";
import { promptTokens } from "../prompts/prompt-tokens.js";
import type { MaskDecoder } from "./mask-decoder.js";

/** A picture that prompts can be run on at once. */
export interface OpenPicture<Kept = unknown> {
  readonly frame: Frame;
  readonly kept: Kept;
  /** Read, and with a preview written. */
  readonly latest: LatestPreview;
}

export interface PromptOptions {
  /** See `selectMasks`. */
  readonly multimask: boolean | undefined;
  /** What it finds is kept for the click that may follow. */
  readonly preview: boolean;
}

interface PromptMasks {
  /** Best first. */
  readonly masks: ChosenMask[];
  /** The preview before it had asked the same: no run was needed. */
  readonly isPreviewed: boolean;
}

/** One prompt -> the masks that answer it. @throws whatever runs the graphs throws. */
export async function decodePrompt<Kept>(
  decoder: MaskDecoder<Kept>,
  { frame, kept, latest }: OpenPicture<Kept>,
  prompt: CheckedPrompt,
  { multimask, preview }: PromptOptions,
): Promise<PromptMasks> {
  const { mask } = prompt;
  const start = mask && ("logits" in mask ? mask.logits : maskLogits(mask.picture, frame));
  const tokens = promptTokens(prompt, frame, decoder.spec.tokens);
  const previewed = latest.of(tokens, start);
  const candidates = previewed ?? (await decoder.decode(kept, tokens, start));
  if (preview) latest.keep(tokens, start, candidates);
  return { masks: chooseMasks(candidates, tokens.count, multimask, frame), isPreviewed: previewed !== undefined };
}
