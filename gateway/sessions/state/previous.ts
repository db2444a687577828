import type { SegmentRequest } from "../../../proto/index.js";
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
  const logits = answered && answered.sequence === sequence ? answered.logits[mask] : undefined;
  if (!logits) return steps.length > 0 ? request : undefined;
  const replaced = { ...prompt.mask, source: { case: "lowResLogits" as const, value: logits } };
  return { ...request, prompt: { ...prompt, mask: replaced } };
}
