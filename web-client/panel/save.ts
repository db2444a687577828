import { decodeRle, type Mask, rleToBitmap } from "../../proto/index.js";

/** What can be taken home: a PNG of the object alone, a PNG of the mask, and the mask as pycocotools reads it. */

/** The object on a transparent ground, cropped to its bounding box. */
export async function cutOut(picture: ImageBitmap, mask: Mask): Promise<Blob> {
  const { x, y, width, height } = boxOf(mask);
  const canvas = new OffscreenCanvas(width, height);
  const context = contextOf(canvas);
  context.drawImage(picture, -x, -y);
  const image = context.getImageData(0, 0, width, height);
  const runs = decodeRle(rleOf(mask));
  const bitmap = rleToBitmap(runs);
  for (let row = 0; row < height; row++) {
    const from = (row + y) * runs.width + x;
    for (let column = 0; column < width; column++) {
      if (bitmap[from + column] === 0) image.data[(row * width + column) * 4 + 3] = 0;
    }
  }
  context.putImageData(image, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

/** White on black, of the picture's size. */
export async function maskPicture(mask: Mask): Promise<Blob> {
  const runs = decodeRle(rleOf(mask));
  const bitmap = rleToBitmap(runs);
  const canvas = new OffscreenCanvas(runs.width, runs.height);
  const image = new ImageData(runs.width, runs.height);
  const { data } = image;
  for (let i = 0, at = 0; i < bitmap.length; i++) {
    const value = bitmap[i] === 0 ? 0 : 255;
    data[at++] = value;
    data[at++] = value;
    data[at++] = value;
    data[at++] = 255;
  }
  contextOf(canvas).putImageData(image, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

export function rleJson(mask: Mask): string {
  const { size, counts } = rleOf(mask);
  return JSON.stringify({ size, counts });
}

export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser takes the address over when the click is handled; it needs it no longer after that.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The photo's own name with another ending. */
export function saveName(photo: string, ending: string): string {
  const base = photo.replace(/\.[^.]*$/, "").replaceAll(/[^\p{L}\p{N}_-]+/gu, "-") || "photo";
  return `${base}-${ending}`;
}

function rleOf(mask: Mask): NonNullable<Mask["rle"]> {
  if (mask.rle === undefined) throw new Error("The mask came without its runs.");
  return mask.rle;
}

function boxOf({ bbox }: Mask) {
  if (bbox === undefined || bbox.width === 0 || bbox.height === 0) throw new Error("The mask is empty.");
  return bbox;
}

function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("This browser cannot draw on a canvas.");
  return context;
}
