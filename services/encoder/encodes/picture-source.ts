import { type ImageInfo, PictureFile } from "../../stores/image-record.js";
import type { ImageStore, PictureRef } from "../../stores/image-store.js";
import { notHere } from "./not-here.js";

/** Where a picture's file comes from. */
export interface PictureSource {
  /** All of it; asked for once. @throws ServiceError NOT_FOUND. */
  file(): Promise<Uint8Array>;
  /** It has been decoded, and is of this size. */
  isPicture(size: ImageInfo): Promise<void>;
}

/**
 * An upload, which is stored once it has turned out to be a picture.
 * @param chunks its file; given up as soon as it is joined: while it waits in line it is there once, as its budget says.
 * @param owner key of the caller who has sent it.
 */
export function uploadedPicture(
  images: Pick<ImageStore, "set">,
  picture: PictureRef,
  chunks: Uint8Array[],
  owner: string | undefined,
): PictureSource {
  let joined: PictureFile | undefined;
  return {
    file: async () => {
      joined = await PictureFile.of(chunks);
      chunks.splice(0);
      return joined.bytes;
    },
    isPicture: async (size) => {
      if (joined) await images.set(picture, joined, size, owner);
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
      return stored.file;
    },
    isPicture: async () => {},
  };
}
