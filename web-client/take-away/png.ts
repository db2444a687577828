import { rleToBitmap } from "../../proto/index.js";
import type { PngMaker } from "./make-files.js";
import { softAlpha, softBox, softEdgePx } from "./soft-alpha.js";

/** PNGs by the browser's own encoder. */
export const canvasPng: PngMaker = {
  /** The object on a transparent ground with a soft edge, no larger than it needs to be, at the picture's resolution. */
  async cutOut({ runs, box }, pixels, picture) {
    const part = softBox(box, picture);
    const [canvas, context] = canvasOf(part.width, part.height);
    context.drawImage(pixels, 0, 0);
    pixels.close();
    const image = context.getImageData(0, 0, part.width, part.height);
    const alpha = softAlpha(runs, part, softEdgePx(picture));
    const { data } = image;
    // What is transparent in the picture stays so.
    for (let i = 0; i < alpha.length; i++) data[4 * i + 3] = Math.round((data[4 * i + 3]! * alpha[i]!) / 255);
    context.putImageData(image, 0, 0);
    return encoded(canvas);
  },

  /** White on black, of the picture's size. */
  async mask({ runs }) {
    const [canvas, context] = canvasOf(runs.width, runs.height);
    const image = new ImageData(runs.width, runs.height);
    const bitmap = rleToBitmap(runs);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < bitmap.length; i++) pixels[i] = bitmap[i] === 0 ? black : white;
    context.putImageData(image, 0, 0);
    return encoded(canvas);
  },
};

/** Little-endian, as every browser's machine is. */
const black = 0xff000000;
const white = 0xffffffff;

function canvasOf(width: number, height: number): [OffscreenCanvas, OffscreenCanvasRenderingContext2D] {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("This browser cannot draw on a canvas.");
  return [canvas, context];
}

async function encoded(canvas: OffscreenCanvas): Promise<Uint8Array> {
  const blob = await canvas.convertToBlob({ type: "image/png" });
  return new Uint8Array(await blob.arrayBuffer());
}
