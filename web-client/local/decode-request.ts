import { create } from "@bufbuild/protobuf";
import {
  type Mask,
  MaskSchema,
  type PreviousMask,
  type Prompt,
  type SegmentRequest,
  type SegmentResult,
  SegmentResultSchema,
} from "../../proto/index.js";
import type { Frame } from "../../services/sam/frame.js";
import { decodeHalf, encodeHalf } from "../../services/sam/half-float.js";
import { type Candidates, finishMask, logitsAt } from "../../services/sam/masks/candidates.js";
import type { LatestPreview } from "../../services/sam/masks/latest-preview.js";
import { maskLogits } from "../../services/sam/masks/mask-logits.js";
import { selectMasks } from "../../services/sam/masks/select-masks.js";
import { type CheckedPrompt, checkPrompt, PromptError } from "../../services/sam/prompts/check-prompt.js";
import { type PromptTokens, promptTokens } from "../../services/sam/prompts/prompt-tokens.js";

/** One decode of an open picture. */
export type Step = (tokens: PromptTokens, maskLogits: Float32Array | undefined) => Promise<Candidates>;

/** What the decoder here leaves to the server. */
export class Declined extends Error {
  override readonly name = "Declined";
}

/** More are quicker asked of the gateway, which may have kept the mask. */
const mostSteps = 4;
/** Answers whose logits are kept, to be refined: of the latest click, and of a few before it to go back to. */
const keptAnswers = 6;

/** Half floats of a mask, as they travel and as the gateway keeps them: what starts from them is the same bit for bit. */
type Halves = Uint16Array;

/** The logits of a picture's latest answers, by their sequence numbers. */
export class Answers {
  readonly #logits = new Map<number, readonly Halves[]>();

  keep(sequence: number, logits: readonly Halves[]): void {
    this.#logits.delete(sequence);
    this.#logits.set(sequence, logits);
    const [oldest] = this.#logits.keys();
    if (this.#logits.size > keptAnswers && oldest !== undefined) this.#logits.delete(oldest);
  }

  of(sequence: number, mask: number): Halves | undefined {
    return this.#logits.get(sequence)?.[mask];
  }
}

/** What is known of a picture, and how it is decoded. */
export interface DecodedPicture {
  readonly frame: Frame;
  readonly step: Step;
  readonly answers: Answers;
  readonly latest: LatestPreview;
}

/**
 * A prompt of the session -> its masks, by the server's rules.
 * @throws Declined where the server has to answer: it says what is wrong with a prompt, and may have what is lacking here.
 */
export async function decodeRequest(
  request: SegmentRequest,
  { frame, step, answers, latest }: DecodedPicture,
): Promise<SegmentResult> {
  const started = performance.now();
  const { prompt, multimask, sequence, preview } = request;
  const source = prompt?.mask?.source;
  const previous = source?.case === "previous" ? await logitsOf(source.value) : undefined;
  const found = await decode(prompt, multimask, previous);
  const decoded = performance.now();
  const masks = found.map(({ logits, predictedIou }) => finish(logits, predictedIou, frame));
  if (!preview) {
    answers.keep(
      sequence,
      found.map(({ logits }) => encodeHalf(logits)),
    );
  }
  const timings = { decodeMs: decoded - started, maskMs: performance.now() - decoded };
  return create(SegmentResultSchema, { imageId: request.imageId, model: request.model, masks, timings });

  /** C8: kept, or made again from its steps. */
  async function logitsOf({ sequence: earlier, mask, steps }: PreviousMask): Promise<Float32Array> {
    if (earlier === undefined) throw new Declined("`previous` does not say which answer it means.");
    const kept = answers.of(earlier, mask);
    if (kept !== undefined) return decodeHalf(kept);
    // P3
    if (preview) throw new Declined("A preview is not worth the steps to its mask.");
    if (steps.length === 0 || steps.length > mostSteps) throw new Declined("The steps do not lead to the mask.");
    let start: Float32Array | undefined;
    for (const [index, one] of steps.entries()) {
      const made = await decode(one.prompt, one.multimask, start);
      const chosen = made[index === steps.length - 1 ? mask : one.mask];
      if (chosen === undefined) throw new Declined("The steps do not lead to the mask.");
      start = decodeHalf(encodeHalf(chosen.logits));
    }
    return start!;
  }

  async function decode(asked: Prompt | undefined, multiple: boolean | undefined, previous: Float32Array | undefined) {
    const checked = check(asked, previous, frame);
    const start = previous ?? startOf(checked, frame);
    const tokens = promptTokens(checked, frame);
    const candidates = latest.of(tokens, start) ?? (await step(tokens, start));
    if (preview) latest.keep(tokens, start, candidates);
    return selectMasks(candidates.predictedIou, tokens.count, multiple).map((index) => ({
      logits: logitsAt(candidates, index, frame),
      predictedIou: candidates.predictedIou[index]!,
    }));
  }
}

function check(prompt: Prompt | undefined, previous: Float32Array | undefined, frame: Frame): CheckedPrompt {
  const { pictureWidth: width, pictureHeight: height, gridSize } = frame;
  // A mask to start from is a prompt by itself, and its logits are known to be good.
  const { mask: _, ...bare } = prompt ?? { points: [] };
  if (previous !== undefined && prompt?.points.length === 0 && prompt.box === undefined) return { points: [] };
  try {
    return checkPrompt(previous === undefined ? prompt : (bare as Prompt), { width, height }, gridSize);
  } catch (error) {
    if (error instanceof PromptError) throw new Declined(error.message);
    throw error;
  }
}

function startOf({ mask }: CheckedPrompt, frame: Frame): Float32Array | undefined {
  return mask && ("logits" in mask ? mask.logits : maskLogits(mask.picture, frame));
}

function finish(logits: Float32Array, predictedIou: number, frame: Frame): Mask {
  const { counts, box, area, stabilityScore } = finishMask(logits, frame);
  const rle = { size: [frame.pictureHeight, frame.pictureWidth], counts };
  return create(MaskSchema, { rle, bbox: box, area, predictedIou, stabilityScore });
}
