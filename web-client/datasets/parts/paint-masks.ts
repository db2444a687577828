import type { DatasetObject, Label } from "../../../proto/index.js";
import { ObjectState } from "../../../proto/index.js";
import { maskPath } from "../../canvas/mask-path.js";
import type { Region } from "../../geometry/spot.js";
import { colourOf } from "./look-of.js";
import { maskOf } from "./masks-of.js";

interface MaskedScene {
  readonly bitmap: ImageBitmap;
  /** What of the picture is seen, in its pixels. */
  readonly part: Region;
  readonly objects: readonly DatasetObject[];
  readonly labels: readonly Label[];
  /** Everything else is darkened: there is one object that matters. */
  readonly isAlone: boolean;
}

/** A part of a picture with the masks that lie on it, as large as the canvas is. */
export function paintMasks(canvas: HTMLCanvasElement, { bitmap, part, objects, labels, isAlone }: MaskedScene): void {
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) return;
  const scale = canvas.width / part.width;
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, part.x, part.y, part.width, part.height, 0, 0, canvas.width, canvas.height);
  context.lineJoin = "round";
  const line = Math.max(1.5, canvas.width / 320);
  for (const object of objects) {
    const mask = maskOf(object);
    if (mask === undefined) continue;
    const path = maskPath(mask, { scale, left: part.x * scale, top: part.y * scale });
    const isProposal = object.state === ObjectState.PROPOSED;
    if (isAlone) {
      const around = new Path2D(path);
      around.rect(0, 0, canvas.width, canvas.height);
      context.globalAlpha = 0.55;
      context.fillStyle = "rgb(8 12 24)";
      context.fill(around, "evenodd");
    }
    context.fillStyle = colourOf(labels, object.label);
    context.globalAlpha = isAlone ? 0.16 : isProposal ? 0.2 : 0.42;
    context.fill(path, "evenodd");
    context.globalAlpha = 1;
    if (isProposal && !isAlone) {
      context.lineWidth = 1.8 * line;
      context.strokeStyle = "rgb(6 24 66 / 0.5)";
      context.stroke(path);
    }
    context.setLineDash(isProposal ? [3 * line, 2 * line] : []);
    if (isAlone) {
      context.lineWidth = 2.5 * line;
      context.strokeStyle = "rgb(6 24 66 / 0.6)";
      context.stroke(path);
    }
    context.lineWidth = line;
    context.strokeStyle = isAlone ? "white" : context.fillStyle;
    context.stroke(path);
  }
  context.setLineDash([]);
}

/**
 * The part of a picture with an object in its middle and room around it, in the form of what shows it; the whole picture
 * where the object fills it.
 */
export function partAround(
  { bbox }: Pick<DatasetObject, "bbox">,
  { width, height }: { readonly width: number; readonly height: number },
  ratio: number,
): Region {
  const box = bbox ?? { x: 0, y: 0, width, height };
  const [roomX, roomY] = [Math.max(box.width * 1.8, 64), Math.max(box.height * 1.8, 64)];
  // As wide or as high as the room asks for, whichever is more.
  const wide = Math.max(roomX, roomY * ratio);
  const [partWidth, partHeight] = [Math.min(width, wide), Math.min(height, wide / ratio)];
  const clamp = (at: number, most: number) => Math.max(0, Math.min(most, at));
  return {
    x: clamp(box.x + box.width / 2 - partWidth / 2, width - partWidth),
    y: clamp(box.y + box.height / 2 - partHeight / 2, height - partHeight),
    width: partWidth,
    height: partHeight,
  };
}
