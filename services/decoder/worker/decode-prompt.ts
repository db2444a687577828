import type { Frame } from "../../sam/frame.js";
import { encodeHalf } from "../../sam/half-float.js";
import { type Candidates, finishMask, logitsAt } from "../../sam/masks/candidates.js";
import type { LatestPreview } from "../../sam/masks/latest-preview.js";
import { maskLogits } from "../../sam/masks/mask-logits.js";
import { selectMasks } from "../../sam/masks/select-masks.js";
import { promptTokens } from "../../sam/prompts/prompt-tokens.js";
import type { DecoderGraph, Width } from "../graphs/decoder-graph.js";
import { encodePng } from "../masks/encode-png.js";
import type { DecodedMask, DecodedPrompt, PromptTask } from "./decoder-tasks.js";

/**
 * One prompt -> its masks at the picture's resolution, best first.
 * @param latest of this picture: read, and with a preview written.
 */
export async function decodePrompt(
  task: PromptTask,
  graph: DecoderGraph,
  embedding: unknown,
  latest: LatestPreview,
  frame: Frame,
  width: Width,
): Promise<Omit<DecodedPrompt, "warm" | "prepareMs">> {
  const started = performance.now();
  const { mask } = task.prompt;
  const start = mask && ("logits" in mask ? mask.logits : maskLogits(mask.picture, frame));
  const tokens = promptTokens(task.prompt, frame);
  const previewed = latest.of(tokens, start);
  const [candidates] = previewed ? [previewed] : await graph.decode(embedding, [tokens], start, width);
  if (!candidates) throw new Error("the decoder gave no candidates");
  if (task.preview) latest.keep(tokens, start, candidates);
  const decoded = performance.now();
  const masks: DecodedMask[] = [];
  for (const index of selectMasks(candidates.predictedIou, tokens.count, task.multimask)) {
    masks.push(await answerMask(candidates, index, frame, task));
  }
  const isPreviewed = previewed !== undefined;
  return { masks, isPreviewed, decodeMs: decoded - started, maskMs: performance.now() - decoded };
}

async function answerMask(candidates: Candidates, index: number, frame: Frame, task: PromptTask): Promise<DecodedMask> {
  const logits = logitsAt(candidates, index, frame);
  const { traced, counts, box, area, stabilityScore } = finishMask(logits, frame);
  return {
    counts,
    box,
    area,
    predictedIou: candidates.predictedIou[index] as number,
    stabilityScore,
    ...(task.png ? { png: await encodePng(traced) } : {}),
    ...(task.lowResLogits ? { lowResLogits: encodeHalf(logits) } : {}),
  };
}
