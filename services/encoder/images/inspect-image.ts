import { Code, invalidArgument, ServiceError } from "../../runtime/errors.js";
import { formatOf, offeredNames } from "../../runtime/offered-formats.js";
import { openImage } from "./sharp.js";

export interface ImageLimits {
  maxImageBytes: number;
  maxImagePixels: number;
}

export interface ImageSize {
  /** Pixels of the upright picture: EXIF orientation applied. */
  width: number;
  height: number;
}

/**
 * Reads the header only: nothing is decoded before the limits hold.
 * @throws ServiceError INVALID_ARGUMENT (UNSUPPORTED_IMAGE, DAMAGED_IMAGE), RESOURCE_EXHAUSTED (IMAGE_TOO_LARGE).
 */
export async function inspectImage(bytes: Uint8Array, limits: ImageLimits): Promise<ImageSize> {
  if (bytes.byteLength === 0) throw damagedImage("The file is empty.");
  checkBytes(bytes.byteLength, limits);
  if (!formatOf(bytes)) throw invalidArgument(`The file is not a ${offeredNames} picture.`, "UNSUPPORTED_IMAGE");
  const header = await openImage(bytes)
    .metadata()
    .catch((cause: unknown) => {
      throw damagedImage("The picture's header is damaged.", cause);
    });
  const { width, height } = header.autoOrient;
  if (!(width > 0 && height > 0)) throw damagedImage("The picture has no size.");
  if (width * height > limits.maxImagePixels) {
    throw tooLarge(
      `The picture has ${width} x ${height} pixels; at most ${limits.maxImagePixels} are taken. Send a smaller one.`,
    );
  }
  return { width, height };
}

/** @throws ServiceError RESOURCE_EXHAUSTED (IMAGE_TOO_LARGE) when an upload has more bytes than are taken. */
export function checkBytes(bytes: number, { maxImageBytes }: ImageLimits): void {
  if (bytes > maxImageBytes) {
    throw tooLarge(`The file is larger than the ${maxImageBytes} bytes that are taken. Send a smaller one.`);
  }
}

export function damagedImage(message: string, cause?: unknown): ServiceError {
  return new ServiceError({ code: Code.INVALID_ARGUMENT, message, reason: "DAMAGED_IMAGE", cause });
}

function tooLarge(message: string): ServiceError {
  return new ServiceError({ code: Code.RESOURCE_EXHAUSTED, message, reason: "IMAGE_TOO_LARGE" });
}
