import type { ReadFrame } from "./frame-source.js";

/** What a model sees of it, it sees of the frame before compression. */
const quality = 0.95;
const thumbnailHeight = 72;

type Drawn = HTMLCanvasElement | OffscreenCanvas | ImageBitmap | HTMLVideoElement;

/** Frames' names are numbers, as DAVIS has them. */
const numbered = (frame: number, ending: string) => `${String(frame).padStart(5, "0")}.${ending}`;

/** A decoded frame as a file. @param at which it is. */
export async function encodeFrame(
  drawn: Drawn,
  { width, height }: { readonly width: number; readonly height: number },
  at: number,
  timeMs: number | undefined,
): Promise<ReadFrame> {
  const [file, thumbnail] = await Promise.all([
    drawnAs(drawn, width, height).convertToBlob({ type: "image/jpeg", quality }),
    thumbnailOf(drawn, width, height),
  ]);
  return { name: numbered(at, "jpg"), timeMs, file, width, height, thumbnail };
}

export function thumbnailOf(drawn: Drawn, width: number, height: number): Promise<Blob> {
  const scale = Math.min(1, thumbnailHeight / height);
  const small = drawnAs(drawn, Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  return small.convertToBlob({ type: "image/jpeg", quality: 0.7 });
}

function drawnAs(drawn: Drawn, width: number, height: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) throw new Error("This browser cannot draw on a canvas.");
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(drawn, 0, 0, width, height);
  return canvas;
}
