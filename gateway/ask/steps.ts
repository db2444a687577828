import { create } from "@bufbuild/protobuf";
import {
  type Crop,
  type LowResLogits,
  type Mask,
  MaskFormat,
  MaskPromptSchema,
  maxSteps,
  type PreviousMask,
  PromptSchema,
  type SegmentRequest,
  type SegmentResult,
} from "../../proto/index.js";
import { Code, invalidArgument, ServiceError } from "../../services/runtime/errors.js";
import type { Answer, AskCall } from "./answer.js";
import { isPart } from "./detail/choose-part.js";
import type { DetailLimits } from "./detail/detail-limits.js";
import { DetailParts } from "./detail/detail-parts.js";
import { finerMask } from "./detail/finer-mask.js";
import { pictureOf } from "./detail/picture-of.js";
import { noSequence, notKept, previousOf } from "./previous.js";

type AnswerPrompt = Answer<SegmentRequest, SegmentResult>;
type CallWithParts = AskCall & { readonly takePart: NonNullable<AskCall["takePart"]> };

/**
 * When a prompt's `previous` names a mask that is not kept, it is made again from its steps first, each by the next layer (C8, S3).
 * A step whose part of the picture may not be encoded any more (Z6) is made on the whole picture alone.
 * Throws INVALID_ARGUMENT when the steps cannot lead to it, FAILED_PRECONDITION when there are none or they do not.
 */
export function withSteps({ perPicture }: Pick<DetailLimits, "perPicture">, next: AnswerPrompt): AnswerPrompt {
  return async function steps(request, call) {
    const previous = previousOf(request.prompt);
    if (!previous) return next(request, call);
    // C11
    if (previous.sequence === undefined) throw invalidArgument(noSequence);
    if (previous.steps.length === 0) throw notNow(notKept);
    if (previous.steps.length > maxSteps) {
      throw invalidArgument(`\`previous\` carries more steps than the ${maxSteps} that are made again.`);
    }
    const own = new DetailParts({ perPicture, perSession: perPicture });
    const { takePart = (picture, part) => own.take(picture, part) } = call;
    return next(startingFrom(request, await makeAgain(next, request, previous, { ...call, takePart })), call);
  };
}

async function makeAgain(
  next: AnswerPrompt,
  request: SegmentRequest,
  { steps, mask: chosen }: PreviousMask,
  call: CallWithParts,
): Promise<LowResLogits | undefined> {
  let logits: LowResLogits | undefined;
  for (const [index, step] of steps.entries()) {
    const { prompt, multimask, mask: number } = step;
    if (previousOf(prompt)) throw invalidArgument("A step of `previous` has a `previous` itself.");
    const asked = { ...request, prompt, multimask, formats: [MaskFormat.LOW_RES_LOGITS] } as SegmentRequest;
    const { masks } = await next(startingFrom(asked, logits), call);
    const first = masks[index === steps.length - 1 ? chosen : number];
    const mask = first && (step.crop ? await madeFiner(next, asked, first, step.crop, call) : first);
    logits = mask?.lowResLogits;
    if (!logits)
      throw notNow(`The steps of \`previous\` do not lead to the mask: step ${index + 1} has no mask of that number.`);
  }
  return logits;
}

/** Z7 */
async function madeFiner(
  next: AnswerPrompt,
  asked: SegmentRequest,
  first: Mask,
  crop: Crop,
  call: CallWithParts,
): Promise<Mask | undefined> {
  const picture = pictureOf(first);
  const { x, y, width, height } = crop;
  const isWhole = x !== undefined && y !== undefined && width !== undefined && height !== undefined;
  if (!picture || !isWhole || !isPart({ x, y, width, height }, picture)) {
    throw invalidArgument("A step of `previous` names a `crop` that no answer's `detail` has named.");
  }
  // Z6: a coarser mask to start from is better than none.
  if (!call.takePart(asked, { x, y, width, height })) return first;
  return (await finerMask(next, asked, first, { x, y, width, height }, call))?.mask;
}

function startingFrom(request: SegmentRequest, logits: LowResLogits | undefined): SegmentRequest {
  if (!logits) return request;
  const mask = create(MaskPromptSchema, { source: { case: "lowResLogits", value: logits } });
  return { ...request, prompt: { ...(request.prompt ?? create(PromptSchema)), mask } };
}

const notNow = (message: string) => new ServiceError({ code: Code.FAILED_PRECONDITION, message });
