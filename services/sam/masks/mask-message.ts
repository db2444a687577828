import type { MessageInitShape } from "@bufbuild/protobuf";
import type { MaskSchema } from "../../../proto/index.js";
import type { PictureSize } from "../prompts/check-prompt.js";
import type { Region } from "../region.js";
import type { DecodedMask } from "./decoded-mask.js";

/** A mask as the contract's. @param crop the part of the picture that it was decoded on; all of it when left out. */
export function maskMessage(
  mask: DecodedMask,
  { width, height }: PictureSize,
  crop?: Region,
): MessageInitShape<typeof MaskSchema> {
  const { lowResLogits } = mask;
  const grid = Math.sqrt(lowResLogits?.length ?? 0);
  return {
    rle: { size: [height, width], counts: mask.counts },
    bbox: mask.box,
    area: mask.area,
    predictedIou: mask.predictedIou,
    stabilityScore: mask.stabilityScore,
    ...(mask.png ? { png: mask.png } : {}),
    ...(lowResLogits
      ? {
          lowResLogits: {
            width: grid,
            height: grid,
            data: new Uint8Array(lowResLogits.buffer),
            ...(crop ? { crop } : {}),
          },
        }
      : {}),
  };
}
