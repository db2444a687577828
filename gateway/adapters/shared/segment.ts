import type { MessageInitShape } from "@bufbuild/protobuf";
import type { SegmentRequestSchema, SegmentResult } from "../../../proto/index.js";
import type { Asked } from "./adapter.js";
import { onPicture, type Picture } from "./picture.js";
import { type AdapterPrompt, segmentRequest } from "./prompts.js";

type Options = Pick<MessageInitShape<typeof SegmentRequestSchema>, "model" | "multimask" | "formats">;

/** Masks of a prompt on a picture, the best first. @throws ServiceError of `ask.segment` and of `onPicture`. */
export function segment(
  asked: Asked,
  picture: Picture,
  prompt: AdapterPrompt,
  options?: Options,
): Promise<SegmentResult> {
  const { ask, call } = asked;
  const model = options?.model ?? "";
  return onPicture(asked, picture, (imageId) => ask.segment(segmentRequest(imageId, prompt, options), call), model);
}

/** `multimask_output` of SAM's own interface. Where one mask is wanted it is the best of the candidates, as a person who clicks would have it. */
export const asMany = (multimask: boolean | null | undefined): { multimask?: boolean } =>
  multimask ? { multimask } : {};
