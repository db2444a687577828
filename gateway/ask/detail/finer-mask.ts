import { create } from "@bufbuild/protobuf";
import {
  CropSchema,
  DetailMode,
  type Mask,
  MaskFormat,
  MaskPromptSchema,
  PromptSchema,
  type Rle,
  type SegmentRequest,
  type SegmentResult,
} from "../../../proto/index.js";
import type { Answer, AskCall } from "../answer.js";
import type { Region } from "../region.js";
import { agrees } from "./agreement.js";
import { pictureOf } from "./picture-of.js";

/** A finer mask, and the answer that it is of. */
interface FinerMask {
  readonly mask: Mask;
  readonly result: SegmentResult;
}

/**
 * The same prompt once more, on a part of the picture and from its first mask (Z4): from its logits, where it has them.
 * @returns undefined where the first mask stays. @throws whatever `segment` throws.
 */
export async function finerMask(
  segment: Answer<SegmentRequest, SegmentResult>,
  request: SegmentRequest,
  first: Mask,
  part: Region,
  call: AskCall,
): Promise<FinerMask | undefined> {
  const picture = pictureOf(first);
  if (!picture) return undefined;
  const { lowResLogits, rle } = first;
  const source = lowResLogits
    ? { case: "lowResLogits" as const, value: lowResLogits }
    : { case: "rle" as const, value: rle as Rle };
  const { view: _, ...rest } = request;
  const result = await segment(
    {
      ...rest,
      prompt: { ...(request.prompt ?? create(PromptSchema)), mask: create(MaskPromptSchema, { source }) },
      formats: [...new Set([...request.formats, MaskFormat.LOW_RES_LOGITS])],
      // The first mask has said which object is meant: of its candidates on the part another would be taken.
      multimask: false,
      detail: DetailMode.OFF,
      crop: create(CropSchema, part),
    },
    call,
  );
  const finer = result.masks[0];
  return finer && agrees(first, finer, part, picture, request.prompt?.box) ? { mask: finer, result } : undefined;
}
