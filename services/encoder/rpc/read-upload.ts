import type { EncodeRequest } from "../../../proto/index.js";
import { invalidArgument } from "../../runtime/errors.js";
import { ImageDigest } from "../../runtime/image-id.js";
import { inTime, type PaceLimits } from "../../runtime/limits/arrival-pace.js";
import type { HeldUpload } from "../../runtime/limits/upload-budget.js";
import { checkBytes } from "../images/check-bytes.js";
import type { ImageLimits } from "../images/open-picture.js";
import { ArrivingParts } from "../pictures/file-parts.js";

interface Upload {
  file: Uint8Array[];
  bytes: number;
  imageId: string;
}

export type UploadLimits = ImageLimits & { pace: PaceLimits };

/**
 * The chunks, hashed as they arrive, or undefined when there are none. The limit holds while they arrive.
 * @param onFirst told when the first is here.
 */
export async function readUpload(
  requests: AsyncIterator<EncodeRequest>,
  limits: UploadLimits,
  held: HeldUpload,
  onFirst: () => void,
): Promise<Upload | undefined> {
  const parts = new ArrivingParts();
  const digest = new ImageDigest();
  let bytes = 0;
  await inTime(limits.pace, async (pace) => {
    for (let next = await requests.next(); !next.done; next = await requests.next()) {
      const { part } = next.value;
      if (part.case !== "chunk") throw invalidArgument("After the header only chunks may follow.");
      if (bytes === 0) onFirst();
      bytes += part.value.byteLength;
      checkBytes(bytes, limits);
      held.grow(bytes);
      pace.arrived(part.value.byteLength);
      digest.update(part.value);
      parts.add(part.value);
    }
  });
  const file = parts.end();
  return file.length > 0 ? { file, bytes, imageId: digest.imageId() } : undefined;
}
