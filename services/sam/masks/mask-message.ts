import type { MessageInitShape } from "@bufbuild/protobuf";
import type { MaskSchema } from "../../../proto/index.js";
import type { PictureSize } from "../prompts/check-prompt.js";
import type { DecodedMask } from "./decoded-mask.js";

/** A mask as the contract's. */
export function maskMessage(mask: DecodedMask, { width, height }: PictureSize): MessageInitShape<typeof MaskSchema> {
  const { lowResLogits } = mask;
  const grid = Math.sqrt(lowResLogits?.length ?? 0);
  return {
    rle: { size: [height, width], counts: mask.counts },
    bbox: mask.box,
    area: mask.area,
    predictedIou: mask.predictedIou,
    stabilityScore: mask.stabilityScore,
    ...(mask.png ? { png: mask.png } : {}),
    ...(lowResLogits ? { lowResLogits: { width: grid, height: grid, data: new Uint8Array(lowResLogits.buffer) } } : {}),
  };
}
