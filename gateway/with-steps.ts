import { create } from "@bufbuild/protobuf";
import {
  type LowResLogits,
  MaskFormat,
  MaskPromptSchema,
  maxSteps,
  PromptSchema,
  type SegmentRequest,
  type SegmentResult,
} from "../proto/index.js";
import { Code, invalidArgument, ServiceError } from "../services/runtime/errors.js";

/**
 * A prompt whose `previous` names a mask that is not kept: the mask is made again from its steps first (C8, S3).
 * @throws ServiceError INVALID_ARGUMENT when the steps cannot lead to it; whatever `decode` throws.
 */
export async function withSteps(
  decode: (request: SegmentRequest) => Promise<SegmentResult>,
  request: SegmentRequest,
): Promise<SegmentResult> {
  const source = request.prompt?.mask?.source;
  if (source?.case !== "previous") return decode(request);
  const { steps, mask: chosen } = source.value;
  if (steps.length > maxSteps) {
    throw invalidArgument(`\`previous\` carries more steps than the ${maxSteps} that are made again.`);
  }
  let logits: LowResLogits | undefined;
  for (const [index, { prompt, multimask, mask }] of steps.entries()) {
    if (prompt?.mask?.source.case === "previous")
      throw invalidArgument("A step of `previous` has a `previous` itself.");
    const step = { ...request, prompt, multimask, formats: [MaskFormat.LOW_RES_LOGITS] } as SegmentRequest;
    const { masks } = await decode(logits ? startingFrom(step, logits) : step);
    logits = masks[index === steps.length - 1 ? chosen : mask]?.lowResLogits;
    if (!logits) {
      const message = `The steps of \`previous\` do not lead to the mask: step ${index + 1} has no mask of that number.`;
      throw new ServiceError({ code: Code.FAILED_PRECONDITION, message });
    }
  }
  return decode(logits ? startingFrom(request, logits) : request);
}

function startingFrom(request: SegmentRequest, logits: LowResLogits): SegmentRequest {
  const mask = create(MaskPromptSchema, { source: { case: "lowResLogits", value: logits } });
  return { ...request, prompt: { ...(request.prompt ?? create(PromptSchema)), mask } };
}
