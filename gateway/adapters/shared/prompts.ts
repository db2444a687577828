import type { MessageInitShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import {
  type BoxSchema,
  type MaskPromptSchema,
  type PointSchema,
  type SegmentRequest,
  SegmentRequestSchema,
} from "../../../proto/index.js";
import { invalidArgument } from "../../../services/runtime/errors.js";
import { isFloat32 } from "../../float32.js";

/** A prompt in pixels of the picture, as the native API has it. */
export interface AdapterPrompt {
  readonly points?: readonly MessageInitShape<typeof PointSchema>[];
  readonly box?: MessageInitShape<typeof BoxSchema> | undefined;
  readonly mask?: MessageInitShape<typeof MaskPromptSchema> | undefined;
  readonly text?: string | undefined;
}

type Options = Pick<MessageInitShape<typeof SegmentRequestSchema>, "model" | "multimask" | "formats">;

/** @throws ServiceError INVALID_ARGUMENT for a coordinate that no picture has. */
export function segmentRequest(
  imageId: string,
  { points = [], box, mask, text }: AdapterPrompt,
  options: Options = {},
): SegmentRequest {
  for (const { x = 0, y = 0 } of points) checkNumbers([x, y]);
  if (box) checkNumbers([box.x0 ?? 0, box.y0 ?? 0, box.x1 ?? 0, box.y1 ?? 0]);
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

function checkNumbers(all: readonly number[]): void {
  if (all.every(isFloat32)) return;
  throw invalidArgument(`A prompt's coordinates are pixels of its picture; ${all.join(", ")} are not.`);
}
