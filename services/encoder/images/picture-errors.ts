import { Code, invalidArgument, ServiceError } from "../../runtime/errors.js";
import { type Format, formatNames, offeredNames } from "../../runtime/offered-formats.js";

export function damagedImage(message: string, cause?: unknown): ServiceError {
  return new ServiceError({ code: Code.INVALID_ARGUMENT, message, reason: "DAMAGED_IMAGE", cause });
}

export function unsupportedImage(message: string, cause?: unknown): ServiceError {
  return new ServiceError({ code: Code.INVALID_ARGUMENT, message, reason: "UNSUPPORTED_IMAGE", cause });
}

export function imageTooLarge(message: string, cause?: unknown): ServiceError {
  return new ServiceError({ code: Code.RESOURCE_EXHAUSTED, message, reason: "IMAGE_TOO_LARGE", cause });
}

export function badCrop(message: string): ServiceError {
  return invalidArgument(message);
}

export const notOffered = (other: string | undefined) =>
  unsupportedImage(
    other === undefined
      ? `The file is not a ${offeredNames} picture.`
      : `The file is a ${other} picture, which is not taken; send it as ${offeredNames}.`,
  );

type Stage = "header" | "pixels";
type Sentence = (format: string, stage: Stage, cause: unknown) => ServiceError;

const cutShort: Sentence = (_format, stage, cause) =>
  damagedImage(
    stage === "header" ? "The picture's header is damaged." : "The picture's pixels are damaged or cut short.",
    cause,
  );

/**
 * What the image library says, and what that means. The first row that matches counts. Words of other kinds come before
 * those that a loader uses for damage, since libvips strings together all that went wrong.
 */
const meanings: readonly [says: RegExp, means: Sentence][] = [
  [
    /out of memory|memory limit|unable to allocate|malloc|Memory allocation error|Security limit/i,
    (_format, _stage, cause) =>
      imageTooLarge("Decoding the picture takes more memory than is allowed. Send a smaller one.", cause),
  ],
  [
    /exceeds pixel limit|exceeds channel limit|too many pixels|dimensions? too large/i,
    (_format, _stage, cause) =>
      imageTooLarge("The picture is larger than its decoder takes. Send a smaller one.", cause),
  ],
  [
    /compression .*not (configured|supported)|requested compression method is not configured|scheme \d+ .*not implemented/i,
    (format, _stage, cause) =>
      unsupportedImage(
        `The ${format} is compressed in a way that is not read. Save it with another compression.`,
        cause,
      ),
  ],
  [
    /samples out of range|not implemented|unimplemented|Unsupported feature|unsupported (colou?r|bit|sample|data)|Unsupported JPEG|Unsupported marker|no known route/i,
    (format, _stage, cause) =>
      unsupportedImage(
        `The ${format} uses a feature of its format that is not read. Save it with 8 or 16 bits a channel, without special options.`,
        cause,
      ),
  ],
  [/Input Buffer is empty/i, (_format, _stage, cause) => damagedImage("The file is empty.", cause)],
  // Who wrote these: sharp's header check, libvips' loaders, libpng by way of a message that it swallowed.
  [
    /corrupt header|unsupported image format|Vips(Jpeg|Png)|vipspng|(gif|png|jpeg|webp|tiff|heif)load|webp2vips|webp:|tiff2vips|heif:|bad seek|read error|Unknown error|end of (file|stream)|premature/i,
    cutShort,
  ],
];

/**
 * What a peer is told of an error of the image library: the reason that is true. What is no fault of the picture stays as
 * it is, and is ours to fix.
 */
export function meaningOf(error: unknown, format: Format, stage: Stage): unknown {
  if (!(error instanceof Error) || error instanceof ServiceError) return error;
  const found = meanings.find(([says]) => says.test(error.message));
  return found ? found[1](formatNames[format], stage, error) : error;
}
