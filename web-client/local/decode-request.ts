import { create } from "@bufbuild/protobuf";
import { encodeHalf } from "../../proto/half-float.js";
import {
  MaskFormat,
  MaskSchema,
  type Prompt,
  type SegmentRequest,
  type SegmentResult,
  SegmentResultSchema,
} from "../../proto/index.js";
import { decodePrompt, type OpenPicture } from "../../services/sam/decode/decode-prompt.js";
import type { MaskDecoder } from "../../services/sam/decode/mask-decoder.js";
import { type KeptAnswers, PreviousError, previousLogits } from "../../services/sam/decode/previous-mask.js";
import { finishMask } from "../../services/sam/masks/decoded-mask.js";
import { maskMessage } from "../../services/sam/masks/mask-message.js";
import { type Abilities, checkAbilities } from "../../services/sam/prompts/check-abilities.js";
import { checkPrompt, PromptError } from "../../services/sam/prompts/check-prompt.js";
import { Declined } from "./declined.js";

/** More are quicker asked of the gateway, which may have kept the mask. */
const mostSteps = 4;

/** A picture that is decoded here, and what has been answered of it. */
export interface LocalPicture<Kept = unknown> extends OpenPicture<Kept> {
  readonly answers: KeptAnswers;
  /** What its model can be asked; anything where the server has not said. */
  readonly abilities?: Abilities | undefined;
}

/**
 * A prompt of the session -> its masks, by the server's rules.
 * @throws Declined where the server has to answer: it says what is wrong with a prompt, and may have what is lacking here.
 */
export async function decodeRequest<Kept>(
  { imageId, model, prompt, multimask, sequence, preview, formats }: SegmentRequest,
  decoder: MaskDecoder<Kept>,
  picture: LocalPicture<Kept>,
): Promise<SegmentResult> {
  const started = performance.now();
  if (formats.includes(MaskFormat.PNG)) throw new Declined("PNG files are the server's to make.");
  const { frame, answers, abilities } = picture;
  const size = { width: frame.pictureWidth, height: frame.pictureHeight };
  const decode = (asked: Prompt | undefined, multiple: boolean | undefined, start: Float32Array | undefined) => {
    if (asked && abilities) checkAbilities(asked, { id: model, capabilities: abilities });
    const checked = checkPrompt(asked, size, frame.gridSize, start);
    if (checked.mask && "crop" in checked.mask) throw new PromptError("The logits are of a part of the picture.");
    return decodePrompt(decoder, picture, checked, { multimask: multiple, preview });
  };
  try {
    const source = prompt?.mask?.source;
    const start =
      source?.case === "previous"
        ? await previousLogits(source.value, answers, {
            // P3: a preview is not worth the steps to its mask.
            mostSteps: preview ? 0 : mostSteps,
            decode: async (step, before) => (await decode(step.prompt, step.multimask, before)).masks,
          })
        : undefined;
    const found = await decode(prompt, multimask, start);
    const decoded = performance.now();
    const asked = formats.includes(MaskFormat.LOW_RES_LOGITS);
    const halves = asked || !preview ? found.masks.map(({ logits }) => encodeHalf(logits)) : [];
    if (!preview) answers.keep(sequence, halves);
    const masks = found.masks.map((one, index) => {
      const { mask } = finishMask(one, frame);
      if (asked) mask.lowResLogits = halves[index]!;
      return create(MaskSchema, maskMessage(mask, size));
    });
    const timings = { decodeMs: decoded - started, maskMs: performance.now() - decoded };
    return create(SegmentResultSchema, { imageId, model, masks, timings });
  } catch (error) {
    throw error instanceof PromptError || error instanceof PreviousError ? new Declined(error.message) : error;
  }
}
