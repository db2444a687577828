import { type Mask, rleToBitmap } from "../../../proto/index.js";
import type { Asked } from "../shared/adapter.js";
import { runsOf } from "../shared/mask-part.js";
import { floatsOf } from "./logits.js";
import { writeNpy } from "./npy.js";
import { writeNpz } from "./npz.js";

/**
 * Masks of one picture as a file of arrays: `masks`, uint8 [count, height, width] of 0 and 1, and `low_res_masks`, float32 [count, side, side] of logits. The tool's
 * own server has logits in both: what is above 0 is the mask, here as there.
 * @param masks with their logits. @throws ServiceError RESOURCE_EXHAUSTED when there is no room for them.
 */
export async function maskArrays({ hold }: Pick<Asked, "hold">, masks: readonly Mask[]): Promise<Buffer> {
  const [height = 0, width = 0] = masks[0]?.rle?.size ?? [];
  const { width: side = 0 } = masks[0]?.lowResLogits ?? {};
  hold(masks.length * (2 * width * height + 8 * side * side));
  const pixels = Buffer.concat(masks.map((mask) => rleToBitmap(runsOf(mask))));
  const logits = masks.map(({ lowResLogits }) => (lowResLogits ? floatsOf(lowResLogits) : new Float32Array()));
  return writeNpz({
    masks: writeNpy({ kind: "|u1", shape: [masks.length, height, width] }, pixels),
    low_res_masks: writeNpy(
      { kind: "<f4", shape: [masks.length, side, side] },
      Buffer.concat(logits.map((one) => new Uint8Array(one.buffer, one.byteOffset, one.byteLength))),
    ),
  });
}
