import { decodeRle, eachColumnSpan, type Mask, type MaskRuns, rleBoundingBox } from "../../../proto/index.js";

/** The part of a mask within its box; corners are the outermost pixels' own, so the right one lies inside. */
interface MaskPart {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly width: number;
  readonly height: number;
  /** Row by row, 0 outside. */
  readonly pixels: Uint8Array;
}

/** The runs of an answer's mask. */
export function runsOf({ rle }: Pick<Mask, "rle">): MaskRuns {
  return decodeRle({ size: rle?.size ?? [], counts: rle?.counts ?? "" });
}

/** @param foreground the value of the pixels inside. @returns undefined for an empty mask. */
export function maskPart(mask: MaskRuns, foreground = 1): MaskPart | undefined {
  const { x, y, width, height } = rleBoundingBox(mask);
  if (width === 0) return undefined;
  const pixels = new Uint8Array(width * height);
  // An object is small beside its picture, most often.
  eachColumnSpan(mask, (column, top, bottom) => {
    const end = (bottom - y) * width;
    for (let at = (top - y) * width + column - x; at < end; at += width) pixels[at] = foreground;
  });
  return { left: x, top: y, right: x + width - 1, bottom: y + height - 1, width, height, pixels };
}

const zero = 0x30;
const comma = 0x2c;
const open = 0x5b;
const close = 0x5d;

/** `[[0,1,..],..]`, written byte by byte: as arrays it would take ten times as long. */
export function rowsJson({ width, height, pixels }: MaskPart): Buffer {
  // A pixel is a digit and what separates it from the next, a row has a bracket more at its beginning and what follows it.
  const json = Buffer.allocUnsafe(height * (2 * width + 2) + 1);
  let at = 0;
  json[at++] = open;
  for (let row = 0; row < height; row++) {
    json[at++] = open;
    for (let i = row * width; i < (row + 1) * width; i++) {
      json[at++] = zero + pixels[i]!;
      json[at++] = comma;
    }
    json[at - 1] = close;
    json[at++] = comma;
  }
  json[at - 1] = close;
  return json;
}

/** `0,1,..`: the pixels alone. */
export function pixelsJson({ pixels }: MaskPart): Buffer {
  const json = Buffer.allocUnsafe(2 * pixels.length);
  for (let i = 0; i < pixels.length; i++) {
    json[2 * i] = zero + pixels[i]!;
    json[2 * i + 1] = comma;
  }
  return json.subarray(0, json.length - 1);
}
