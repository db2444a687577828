import type { EncodeRequest } from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import { ImageDigest } from "../../runtime/image-id.js";
import { inTime, type PaceLimits } from "../../runtime/limits/arrival-pace.js";
import type { HeldUpload } from "../../runtime/limits/upload-budget.js";
import { checkBytes, type ImageLimits } from "../images/open-picture.js";

interface Upload {
  chunks: Uint8Array[];
  bytes: number;
  imageId: string;
}

export type UploadLimits = ImageLimits & { pace: PaceLimits };

/** The chunks, hashed as they arrive, or undefined when there are none. The limit holds while they arrive. */
export async function readUpload(
  parts: AsyncIterator<EncodeRequest>,
  limits: UploadLimits,
  held: HeldUpload,
): Promise<Upload | undefined> {
  const chunks: Uint8Array[] = [];
  const digest = new ImageDigest();
  let bytes = 0;
  await inTime(limits.pace, async (pace) => {
    for (let next = await parts.next(); !next.done; next = await parts.next()) {
      const { part } = next.value;
      if (part.case !== "chunk") throw invalidArgument("After the header only chunks may follow.");
      bytes += part.value.byteLength;
      checkBytes(bytes, limits);
      held.grow(bytes);
      pace.arrived(part.value.byteLength);
      digest.update(part.value);
      chunks.push(part.value);
    }
  });
  return chunks.length > 0 ? { chunks, bytes, imageId: digest.imageId() } : undefined;
}
