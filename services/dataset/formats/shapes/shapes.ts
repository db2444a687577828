import {
  checkMaskSize,
  decodeCounts,
  decodeRle,
  encodeRle,
  type MaskRuns,
  polygonsToRle,
  RunsBuilder,
  rleArea,
} from "../../../../proto/index.js";
import { Unreadable } from "../parse/unreadable.js";
import type { Mask } from "../types.js";

/** JPEG has no longer one; work on a mask takes memory by its sides, too. */
const longestSide = 65_535;

/** Of a picture or a part of one, before anything is made of it. @throws RangeError or Unreadable. */
export function checkSize(width: number, height: number): void {
  checkMaskSize(height, width);
  if (Math.max(width, height) > longestSide) throw new Unreadable(`No picture of ${width} x ${height} is read.`);
}

/** @throws Unreadable when it has no pixel. */
export function maskOf(runs: MaskRuns): Mask {
  if (rleArea(runs) === 0) throw new Unreadable("The mask is empty: none of its pixels lies in the picture.");
  return encodeRle(runs);
}

/** By COCO's rule; numbers are x, y, x, y, ... @throws RangeError or Unreadable. */
export function polygonMask(polygons: readonly (readonly number[])[], width: number, height: number): Mask {
  checkSize(width, height);
  return maskOf(polygonsToRle(polygons, width, height));
}

/** The pixels whose middles are in the box. @throws RangeError or Unreadable. */
export function boxMask(
  x: number,
  y: number,
  boxWidth: number,
  boxHeight: number,
  width: number,
  height: number,
): Mask {
  checkSize(width, height);
  const within = (from: number, to: number) => Math.min(Math.max(Math.round(from), 0), to);
  const [left, right] = [within(x, width), within(x + boxWidth, width)];
  const [top, bottom] = [within(y, height), within(y + boxHeight, height)];
  const builder = new RunsBuilder(2 * (right - left) + 2);
  if (bottom > top) for (let at = left; at < right; at++) builder.add(at * height + top, at * height + bottom);
  return maskOf({ height, width, runs: builder.finish(width * height) });
}

/** The pixels whose middles are in an ellipse around a point. @throws RangeError or Unreadable. */
export function ellipseMask(
  [x, y, radiusX, radiusY]: readonly [number, number, number, number],
  width: number,
  height: number,
): Mask {
  checkSize(width, height);
  const builder = new RunsBuilder();
  const first = Math.max(0, Math.floor(x - radiusX));
  const last = Math.min(width - 1, Math.ceil(x + radiusX));
  for (let column = first; column <= last; column++) {
    const part = 1 - ((column + 0.5 - x) / radiusX) ** 2;
    if (!(part > 0)) continue;
    const half = radiusY * Math.sqrt(part);
    const top = Math.max(0, Math.ceil(y - half - 0.5));
    const bottom = Math.min(height, Math.floor(y + half - 0.5) + 1);
    if (bottom > top) builder.add(column * height + top, column * height + bottom);
  }
  return maskOf({ height, width, runs: builder.finish(width * height) });
}

/** Compressed counts or a list of them, of this size. @throws RangeError or Unreadable. */
export function rleMask(size: readonly unknown[], counts: unknown, width: number, height: number): Mask {
  if (size.length !== 2 || Number(size[0]) !== height || Number(size[1]) !== width) {
    throw new Unreadable(
      `The mask's size is ${String(size[0])} x ${String(size[1])}, the picture's ${height} x ${width}.`,
    );
  }
  checkSize(width, height);
  if (typeof counts === "string") return maskOf(decodeRle({ size: [height, width], counts }));
  if (!Array.isArray(counts)) throw new Unreadable("The mask has no counts.");
  return maskOf({ height, width, runs: runsOf(counts, width * height) });
}

/** Without runs of 0 but the first, which others write between two of one value. */
function runsOf(counts: readonly unknown[], total: number): Uint32Array {
  const builder = new RunsBuilder(counts.length + 2);
  let at = 0;
  for (const [i, run] of counts.entries()) {
    if (typeof run !== "number" || !Number.isInteger(run) || run < 0) {
      throw new Unreadable("The mask's counts must be whole numbers from 0 on.");
    }
    if (i % 2 === 1 && run > 0) builder.add(at, at + run);
    at += run;
    if (at > total) break;
  }
  if (at !== total) throw new Unreadable(`The mask's counts do not sum to its ${total} pixels.`);
  return builder.finish(total);
}

/** Lists of counts as some writers want them. */
export const countsOf = ({ counts }: Mask): number[] => [...decodeCounts(counts)];

/** Of a mask that was kept. */
export const runsOfMask = ({ size, counts }: Mask): MaskRuns => decodeRle({ size, counts });
