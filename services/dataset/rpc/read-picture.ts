import type { AddPictureRequest } from "../../../proto/index.js";
import { Code, invalidArgument, ServiceError } from "../../runtime/errors.js";
import { ImageDigest } from "../../runtime/image-id.js";
import { inTime, type PaceLimits } from "../../runtime/limits/arrival-pace.js";
import type { HeldUpload } from "../../runtime/limits/upload-budget.js";

export interface PictureLimits {
  maxImageBytes: number;
  pace: PaceLimits;
}

/** A file that has come whole. */
interface ArrivedPicture {
  bytes: Buffer;
  imageId: string;
}

/**
 * The chunks behind the header, hashed as they arrive, or undefined when there are none. The limit holds while they arrive.
 * @throws ServiceError RESOURCE_EXHAUSTED (IMAGE_TOO_LARGE), INVALID_ARGUMENT, DEADLINE_EXCEEDED (UPLOAD_TOO_SLOW).
 */
export function readPicture(
  requests: AsyncIterator<AddPictureRequest>,
  { maxImageBytes, pace: limits }: PictureLimits,
  held: HeldUpload,
): Promise<ArrivedPicture | undefined> {
  return inTime(limits, async (pace) => {
    const digest = new ImageDigest();
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for (let next = await requests.next(); !next.done; next = await requests.next()) {
      const { part } = next.value;
      if (part.case !== "chunk") throw invalidArgument("After the header only chunks may follow.");
      bytes += part.value.byteLength;
      if (bytes > maxImageBytes) throw tooLarge(maxImageBytes);
      // Once as it came, and once whole.
      held.grow(2 * bytes);
      pace.arrived(part.value.byteLength);
      digest.update(part.value);
      chunks.push(part.value);
    }
    return bytes === 0 ? undefined : { bytes: Buffer.concat(chunks, bytes), imageId: digest.imageId() };
  });
}

function tooLarge(maxBytes: number): ServiceError {
  const message = `The file is larger than the ${maxBytes} bytes that are taken. Send a smaller one.`;
  return new ServiceError({ code: Code.RESOURCE_EXHAUSTED, reason: "IMAGE_TOO_LARGE", message });
}
