import { type ImageInfo, PictureFile } from "../../stores/image-record.js";
import type { ImageStore, PictureRef } from "../../stores/image-store.js";
import type { FileParts } from "../pictures/file-parts.js";
import { notHere } from "./not-here.js";

/** Where a picture's file comes from. */
export interface PictureSource {
  /** @throws ServiceError NOT_FOUND. */
  file(): Promise<FileParts>;
  /** It has been decoded, and is of this size: its parts are needed no more. */
  isPicture(size: ImageInfo): Promise<void>;
}

/**
 * An upload, which is stored once it has turned out to be a picture: joined no sooner, so that nobody waits for that.
 * @param chunks its file; given up as soon as it is joined.
 * @param owner key of the caller who has sent it.
 */
export function uploadedPicture(
  images: Pick<ImageStore, "set">,
  picture: PictureRef,
  chunks: Uint8Array[],
  owner: string | undefined,
): PictureSource {
  return {
    file: async () => chunks,
    isPicture: async (size) => {
      const file = await PictureFile.of(chunks);
      chunks.splice(0);
      await images.set(picture, file, size, owner);
    },
  };
}

/** One that was uploaded before. */
export function storedPicture(
  images: Pick<ImageStore, "get">,
  picture: PictureRef,
  isCacheUp: () => boolean,
): PictureSource {
  return {
    file: async () => {
      const stored = await images.get(picture);
      if (!stored) throw notHere("The picture is not stored; upload it.", isCacheUp());
      return [stored.file];
    },
    isPicture: async () => {},
  };
}
