import { decodeRle, type Mask, rleToBitmap } from "../../../proto/index.js";

/** Enough for any screen; a mask of a hundred megapixels would take the memory of all of them. */
const mostPixelsASide = 2048;

/** Shows a mask in one colour over its picture. */
export function paintMask(canvas: HTMLCanvasElement, mask: Mask | undefined, colour: string): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const [height = 1, width = 1] = mask?.rle?.size ?? [];
  const scale = Math.min(1, mostPixelsASide / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  if (mask?.rle === undefined) return;
  context.putImageData(new ImageData(alphaOf(mask.rle, canvas), canvas.width, canvas.height), 0, 0);
  context.globalCompositeOperation = "source-in";
  context.fillStyle = colour;
  context.fillRect(0, 0, canvas.width, canvas.height);
}

/** Pixels that are there or not, each as the pixel of the mask under its middle. */
function alphaOf(rle: NonNullable<Mask["rle"]>, { width, height }: HTMLCanvasElement): Uint8ClampedArray<ArrayBuffer> {
  const runs = decodeRle(rle);
  const bitmap = rleToBitmap(runs);
  const pixels = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * runs.height) / height) * runs.width;
    for (let x = 0; x < width; x++) {
      const at = row + Math.floor(((x + 0.5) * runs.width) / width);
      if (bitmap[at] !== 0) pixels[4 * (y * width + x) + 3] = 255;
    }
  }
  return pixels;
}

/** The object by itself, everything else transparent, as a PNG file of the picture's size. */
export async function cutOut(image: HTMLImageElement, mask: Mask): Promise<Blob> {
  if (mask.rle === undefined) throw new Error("The mask has no pixels.");
  const canvas = document.createElement("canvas");
  const { height, width } = decodeRle(mask.rle);
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("This browser draws no picture as large.");
  context.putImageData(new ImageData(alphaOf(mask.rle, canvas), width, height), 0, 0);
  context.globalCompositeOperation = "source-in";
  context.drawImage(image, 0, 0, width, height);
  return await new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("This browser writes no picture as large.")))),
  );
}
