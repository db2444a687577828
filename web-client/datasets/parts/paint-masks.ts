import type { DatasetObject, Label } from "../../../proto/index.js";
import { ObjectState } from "../../../proto/index.js";
import { maskPath } from "../../canvas/mask-path.js";
import type { Region, Size } from "../../geometry/spot.js";
import { colourOf } from "./look-of.js";
import { maskOf } from "./masks-of.js";

interface MaskedScene {
  /** Of any size. */
  readonly bitmap: ImageBitmap;
  /** Of the picture, in its pixels. */
  readonly size: Size;
  /** What of the picture is seen, in its pixels; what lies beyond it stays empty. */
  readonly part: Region;
  readonly objects: readonly DatasetObject[];
  readonly labels: readonly Label[];
  /** Everything else is darkened: there is one object that matters. */
  readonly isAlone: boolean;
}

/** A part of a picture with the masks that lie on it, as large as the canvas is. */
export function paintMasks(
  canvas: HTMLCanvasElement,
  { bitmap, size, part, objects, labels, isAlone }: MaskedScene,
): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const scale = canvas.width / part.width;
  context.imageSmoothingQuality = "high";
  const [left, top] = [-part.x * scale, -part.y * scale];
  context.drawImage(bitmap, left, top, size.width * scale, size.height * scale);
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
 * The part of a picture with a box in its middle and room around it, in the form of what shows it; the whole picture, and what
 * is beside it then, where the box fills it.
 */
export function partAround(box: Region, { width, height }: Size, ratio: number): Region {
  const [roomX, roomY] = [Math.max(box.width * 1.8, 64), Math.max(box.height * 1.8, 64)];
  // As wide or as high as the room asks for, whichever is more.
  const partWidth = Math.min(Math.max(roomX, roomY * ratio), Math.max(width, height * ratio));
  const partHeight = partWidth / ratio;
  // A side that is all seen has as much beside it on both ends.
  const place = (middle: number, part: number, whole: number) =>
    part >= whole ? (whole - part) / 2 : Math.max(0, Math.min(whole - part, middle - part / 2));
  return {
    x: place(box.x + box.width / 2, partWidth, width),
    y: place(box.y + box.height / 2, partHeight, height),
    width: partWidth,
    height: partHeight,
  };
}
