import { colours } from "../../canvas/colouring.js";
import { maskPath } from "../../canvas/mask-path.js";
import { maskOn, stateOn, type Track } from "../state/track.js";

/** A frame with the masks of what is visible on it, as large as the canvas is. */
export function paintFrame(canvas: HTMLCanvasElement, bitmap: ImageBitmap, track: Track, frame: number): void {
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) return;
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const scale = canvas.width / bitmap.width;
  context.lineJoin = "round";
  for (const object of track.objects) {
    const mask = object.isVisible ? maskOn(object, frame) : undefined;
    if (mask === undefined) continue;
    const path = maskPath(mask, { scale, left: 0, top: 0 });
    const isUnsure = stateOn(object, frame) === "unsure";
    context.fillStyle = colours[object.colour] ?? colours[0];
    context.globalAlpha = isUnsure ? 0.2 : 0.42;
    context.fill(path, "evenodd");
    context.globalAlpha = 1;
    context.setLineDash(isUnsure ? [7, 5] : []);
    context.lineWidth = 2;
    context.strokeStyle = context.fillStyle;
    context.stroke(path);
  }
  context.setLineDash([]);
}
