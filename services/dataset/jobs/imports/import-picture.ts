import { Code, invalidArgument, isAbort, ServiceError } from "../../../runtime/errors.js";
import { imageIdOf } from "../../../runtime/image-id.js";
import { formatOf } from "../../../runtime/offered-formats.js";
import type { ImageInfo } from "../../../stores/image-record.js";
import type { PictureFiles } from "../../files/picture-files.js";
import { problemOf, Unreadable } from "../../formats/parse/unreadable.js";
import type { FoundPicture, Source } from "../../formats/types.js";

/** How large a picture is, upright; it is opened for that. @throws ServiceError for what is no picture that is taken. */
export type SizeOf = (bytes: Uint8Array, whose: { tenant: string | undefined }) => Promise<ImageInfo>;

/** A picture whose file is kept, before its row is. */
export interface PreparedPicture extends ImageInfo {
  readonly found: FoundPicture;
  readonly imageId: string;
  readonly bytes: number;
  readonly mediaType: string;
  /** Keeps its file once more, where somebody has deleted it in between. */
  keepAgain(): Promise<void>;
}

/** One that cannot be taken, and why. */
export interface RefusedPicture {
  readonly found: FoundPicture;
  readonly reason: string;
}

interface PictureKeeper {
  readonly pictures: PictureFiles;
  readonly sizeOf: SizeOf;
  readonly maxImageBytes: number;
}

/** Reads a picture's file and keeps it. @throws what is no fault of the picture: it is tried again. */
export async function keepPicture(
  source: Source,
  found: FoundPicture & { file: string },
  tenant: string | undefined,
  { pictures, sizeOf, maxImageBytes }: PictureKeeper,
): Promise<PreparedPicture | RefusedPicture> {
  try {
    const file = await readWhole(source.open(found.file), maxImageBytes);
    const imageId = imageIdOf(file);
    const ref = { tenant, imageId };
    const known = await pictures.describe(ref);
    const { width, height } = known ?? (await sizeOf(file, { tenant }));
    if (!known) await pictures.add(ref, [file], { width, height });
    const keepAgain = async () => {
      if (await pictures.describe(ref)) return;
      await pictures.add(ref, [await readWhole(source.open(found.file), maxImageBytes)], { width, height });
    };
    const mediaType = `image/${formatOf(file) ?? "*"}`;
    return { found, imageId, width, height, bytes: file.byteLength, mediaType, keepAgain };
  } catch (error) {
    return { found, reason: reasonOf(error) };
  }
}

/** @throws the error where it is none of the picture's. */
function reasonOf(error: unknown): string {
  if (error instanceof Unreadable) return problemOf(error, "").reason;
  if (!(error instanceof ServiceError) || isAbort(error)) throw error;
  const isHost = error.reason === "PICTURE_HOST";
  const isOwn = [Code.INVALID_ARGUMENT, Code.PERMISSION_DENIED, Code.NOT_FOUND].includes(error.code);
  if (isHost || isOwn || error.reason === "IMAGE_TOO_LARGE" || error.code === Code.DEADLINE_EXCEEDED)
    return error.message;
  throw error;
}

async function readWhole(chunks: AsyncIterable<Uint8Array>, most: number): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > most) throw invalidArgument(`The picture is larger than the ${most} bytes that are taken.`);
    all.push(chunk);
  }
  return Buffer.concat(all);
}
