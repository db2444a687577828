import type { Crop, LowResLogits, PreviousStep, SegmentRequest } from "../../../proto/index.js";
import { previousOf } from "../../ask/previous.js";
import type { Answered } from "./state.js";

/**
 * The request with `previous` replaced by the logits that it names (C8), or as it is when they can be made again from its
 * steps; undefined when neither is possible.
 */
export function withPrevious(request: SegmentRequest, answered: Answered | undefined): SegmentRequest | undefined {
  const { prompt } = request;
  const previous = previousOf(prompt);
  if (!prompt?.mask || !previous) return request;
  const { sequence, mask, steps } = previous;
  const logits = answered && answered.sequence === sequence ? logitsOf(answered, mask, steps.at(-1)) : undefined;
  if (!logits) return steps.length > 0 ? request : undefined;
  const replaced = { ...prompt.mask, source: { case: "lowResLogits" as const, value: logits } };
  return { ...request, prompt: { ...prompt, mask: replaced } };
}

/** Of the first answer or of the finer one: the step says which its client had in hand, or without one the latest (Z7). */
function logitsOf({ logits, finer }: Answered, mask: number, step: PreviousStep | undefined): LowResLogits | undefined {
  if (!step) return (finer ?? logits)[mask];
  if (!step.crop) return logits[mask];
  const one = finer?.[mask];
  return one?.crop && isSamePart(one.crop, step.crop) ? one : undefined;
}

const isSamePart = (a: Crop, b: Crop) => a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
