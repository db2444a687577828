import { pictureIdOf } from "../sdk/picture-id.js";

/** A picture of the person's own or a sample, read when it is wanted. */
export interface PictureSource {
  readonly name: string;
  readonly read: () => Promise<Blob>;
}

/** Why a picture could not be read, in a sentence for the person. */
export class PictureProblem extends Error {
  override readonly name = "PictureProblem";
}

export interface PictureFile {
  readonly file: Blob;
  /** Undefined where the page is not allowed to compute digests (plain HTTP to another machine). */
  readonly imageId: string | undefined;
}

export async function readPicture(source: PictureSource): Promise<PictureFile> {
  const file = await source.read();
  return { file, imageId: await pictureIdOf(file) };
}

const thumbnailWidth = 208;
const thumbnailHeight = 144;

/** The middle of a picture, filling a small canvas. */
export function pictureThumbnail(bitmap: ImageBitmap): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = thumbnailWidth;
  canvas.height = thumbnailHeight;
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) return canvas;
  const part = Math.min(bitmap.width / thumbnailWidth, bitmap.height / thumbnailHeight);
  const [width, height] = [thumbnailWidth * part, thumbnailHeight * part];
  context.imageSmoothingQuality = "high";
  context.fillStyle = "white";
  context.fillRect(0, 0, thumbnailWidth, thumbnailHeight);
  context.drawImage(
    bitmap,
    (bitmap.width - width) / 2,
    (bitmap.height - height) / 2,
    width,
    height,
    0,
    0,
    thumbnailWidth,
    thumbnailHeight,
  );
  return canvas;
}
