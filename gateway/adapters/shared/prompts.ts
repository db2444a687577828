import type { MessageInitShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import {
  type BoxSchema,
  type MaskPromptSchema,
  type PointSchema,
  type SegmentRequest,
  SegmentRequestSchema,
} from "../../../proto/index.js";

/** A prompt in pixels of the picture, as the native API has it. */
export interface AdapterPrompt {
  readonly points?: readonly MessageInitShape<typeof PointSchema>[];
  readonly box?: MessageInitShape<typeof BoxSchema> | undefined;
  readonly mask?: MessageInitShape<typeof MaskPromptSchema> | undefined;
  readonly text?: string | undefined;
}

type Options = Pick<MessageInitShape<typeof SegmentRequestSchema>, "model" | "multimask" | "formats">;

export function segmentRequest(
  imageId: string,
  { points = [], box, mask, text }: AdapterPrompt,
  options: Options = {},
): SegmentRequest {
  return create(SegmentRequestSchema, {
    imageId,
    prompt: {
      points: [...points],
      ...(box && { box }),
      ...(mask && { mask }),
      ...(text !== undefined && { text }),
    },
    ...options,
  });
}
