import { rleToBitmap } from "../../../proto/index.js";
import { decodeUpright } from "../../upright/decode-upright.js";
import { VideoProblem } from "../frames/frame-source.js";
import type { Shelf } from "../frames/shelf.js";
import type { Track } from "../state/track.js";
import { words } from "../words/words.js";
import { cocoOfVideo } from "./coco.js";
import { indexOfFrame, masksOfFrame } from "./masks-of-frame.js";
import { palettePng } from "./palette-png.js";

/** A pixel of a palette PNG is a byte. */
const mostOfPalette = 255;

export const exportFormats = ["davis", "coco", "rgba"] as const;
export type ExportFormat = (typeof exportFormats)[number];

interface ExportedVideo {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly shelf: Shelf;
  readonly track: Track;
}

interface ExportOptions {
  readonly format: ExportFormat;
  /** The frames lie beside the masks. */
  readonly withFrames: boolean;
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

/** Masks in the forms that others read, in a file to download. @throws what aborted the signal; VideoProblem. */
export async function exportVideo(video: ExportedVideo, options: ExportOptions): Promise<{ file: Blob; name: string }> {
  const { shelf } = video;
  const { format, withFrames } = options;
  const numbers = video.track.objects.map(({ id }) => id);
  if (format === "davis" && numbers.some((id) => id > mostOfPalette)) {
    throw new VideoProblem(words.problems.tooManyNumbers(mostOfPalette));
  }
  const stem = video.name.replace(/\.[^.]+$/, "").replace(/[^\p{L}\p{N}._-]+/gu, "-") || "video";
  if (format === "coco" && !withFrames) {
    return { file: new Blob([cocoText(video)], { type: "application/json" }), name: `${stem}.coco.json` };
  }
  const { Zip, ZipPassThrough, zlibSync } = await import("fflate");
  const parts: BlobPart[] = [];
  let failure: Error | undefined;
  const zip = new Zip((error, data) => {
    if (error) failure = error;
    else parts.push(data as Uint8Array<ArrayBuffer>);
  });
  const add = (path: string, bytes: Uint8Array) => {
    // Pictures are packed already.
    const entry = new ZipPassThrough(path);
    zip.add(entry);
    entry.push(bytes, true);
    if (failure) throw failure;
  };
  if (format === "coco") add("annotations.json", new TextEncoder().encode(cocoText(video)));
  for (const [frame, { name }] of shelf.frames.entries()) {
    options.signal.throwIfAborted();
    const masked = name.replace(/\.[^.]+$/, "");
    if (format === "davis") {
      const index = indexOfFrame(video.track, frame, video.width, video.height);
      const png = palettePng(index, video.width, video.height, (bytes) => zlibSync(bytes));
      add(`Annotations/${stem}/${masked}.png`, png);
    }
    if (format === "rgba") add(`${stem}/${masked}.png`, await cutOut(await shelf.file(frame), video.track, frame));
    if (withFrames && format !== "rgba") {
      const folder = format === "davis" ? `JPEGImages/${stem}` : "images";
      add(`${folder}/${name}`, new Uint8Array(await (await shelf.file(frame)).arrayBuffer()));
    }
    options.onProgress((frame + 1) / shelf.frames.length);
    // Whoever waits may go on with something else.
    await new Promise((resolve) => setTimeout(resolve));
  }
  zip.end();
  return { file: new Blob(parts, { type: "application/zip" }), name: `${stem}.${format}.zip` };
}

function cocoText({ name, width, height, shelf, track }: ExportedVideo): string {
  return cocoOfVideo({ name, width, height, frames: shelf.frames }, track);
}

/** A frame with what is on none of its visible objects transparent. */
async function cutOut(file: Blob, track: Track, frame: number): Promise<Uint8Array> {
  const bitmap = await decodeUpright(file);
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("This browser cannot draw on a canvas.");
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const inside = new Uint8Array(width * height);
  for (const { object, runs } of masksOfFrame(track, frame)) {
    if (!object.isVisible || runs.width !== width || runs.height !== height) continue;
    const mask = rleToBitmap(runs);
    for (let at = 0; at < inside.length; at++) if (mask[at]) inside[at] = 1;
  }
  const image = context.getImageData(0, 0, width, height);
  for (let at = 0; at < inside.length; at++) if (inside[at] === 0) image.data[4 * at + 3] = 0;
  context.putImageData(image, 0, 0);
  const png = await canvas.convertToBlob({ type: "image/png" });
  return new Uint8Array(await png.arrayBuffer());
}
