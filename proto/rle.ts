/**
 * COCO run-length encoding of binary masks, the form in which masks travel. Runs go down the columns, from left to
 * right, and alternate between background and foreground, background first (a mask whose first pixel is set starts with
 * a run of 0). The compressed `counts` string is the one of pycocotools: https://github.com/cocodataset/cocoapi,
 * common/maskApi.c, described at https://cocodataset.org/#format-results.
 */
import type { Rle } from "./gen/maskwire/v1/mask_pb.js";

/** A binary mask as plain runs. */
export interface MaskRuns {
  /** Pixels. */
  readonly height: number;
  /** Pixels. */
  readonly width: number;
  /** Lengths in pixels, column-major, background first; they sum to `height * width`. */
  readonly runs: Uint32Array;
}

/** COCO's box in whole pixels; all zero for an empty mask. The fields of the message `BoundingBox`. */
export interface MaskBox {
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * The largest mask that is read or written, in pixels (2^28, about what image libraries accept). Runs and their
 * differences then fit 30 signed bits: six characters of `counts`, and 32-bit arithmetic all through.
 */
export const MAX_MASK_PIXELS = 2 ** 28;

const CHARS_PER_RUN = 6;
const CHAR_OFFSET = 48;
const CONTINUES = 0x20;
const SIGN = 0x10;
const FIVE_BITS = 0x1f;
/** Arguments a call of `String.fromCharCode` takes safely. */
const CHARS_PER_CALL = 8192;

/**
 * Collects the foreground spans of a mask, in column-major order, into runs. Spans that touch become one run, as a
 * span that reaches a column's end and one at the next column's top do.
 */
export class RunsBuilder {
  #runs: Uint32Array;
  #length = 0;
  #end = 0;

  /** @param expectedRuns how many runs to make room for; more are taken, at the cost of a copy. */
  constructor(expectedRuns = 1024) {
    this.#runs = new Uint32Array(Math.max(4, expectedRuns));
  }

  /** Adds the pixels `start <= i < end` (column-major indices); `start` must not lie before the last span's end. */
  add(start: number, end: number): void {
    const last = this.#length - 1;
    if (start === this.#end && last > 0) {
      this.#runs[last] = this.#runs[last]! + (end - start);
    } else {
      if (this.#length + 3 > this.#runs.length) this.#grow();
      this.#runs[this.#length++] = start - this.#end;
      this.#runs[this.#length++] = end - start;
    }
    this.#end = end;
  }

  /** The runs of a mask of `pixels` pixels, a copy of their exact length. */
  finish(pixels: number): Uint32Array {
    if (this.#end < pixels) {
      this.#runs[this.#length++] = pixels - this.#end;
      this.#end = pixels;
    }
    return this.#runs.slice(0, this.#length);
  }

  #grow(): void {
    const larger = new Uint32Array(this.#runs.length * 2);
    larger.set(this.#runs);
    this.#runs = larger;
  }
}

/**
 * Runs as COCO's compressed `counts`: each number in groups of 5 bits, least first, a continuation bit above them,
 * sign-extended, offset to printable ASCII; from the fourth number on the difference from the run two before.
 * @throws RangeError when a run is over {@link MAX_MASK_PIXELS}.
 */
export function encodeCounts(runs: Uint32Array): string {
  const codes = new Uint16Array(runs.length * CHARS_PER_RUN);
  let length = 0;
  for (let i = 0; i < runs.length; i++) {
    const run = runs[i]!;
    if (run > MAX_MASK_PIXELS) throw new RangeError("A run of the mask is longer than any mask may be.");
    let rest = i > 2 ? run - runs[i - 2]! : run;
    let more = true;
    while (more) {
      const bits = rest & FIVE_BITS;
      rest >>= 5;
      more = (bits & SIGN) === 0 ? rest !== 0 : rest !== -1;
      codes[length++] = (more ? bits | CONTINUES : bits) + CHAR_OFFSET;
    }
  }
  let counts = "";
  for (let at = 0; at < length; at += CHARS_PER_CALL) {
    const part = codes.subarray(at, Math.min(length, at + CHARS_PER_CALL));
    counts += String.fromCharCode.apply(null, part as unknown as number[]);
  }
  return counts;
}

/**
 * The runs in COCO's compressed `counts`; the inverse of {@link encodeCounts}. Whether they fit a size is for
 * {@link decodeRle} to say.
 * @param mostPixels of which no more are read: what says more than its size is not read to its end.
 * @throws RangeError when the string is malformed, a run is negative or too long, or there are more pixels.
 */
export function decodeCounts(counts: string, mostPixels = Number.POSITIVE_INFINITY): Uint32Array {
  const runs = new Uint32Array(counts.length);
  let length = 0;
  let at = 0;
  let pixels = 0;
  while (at < counts.length) {
    let value = 0;
    let shift = 0;
    let more = true;
    while (more) {
      if (at >= counts.length) throw new RangeError("The mask's counts end in the middle of a number.");
      const code = counts.charCodeAt(at++) - CHAR_OFFSET;
      if (code < 0 || code > 0x3f) throw new RangeError("The mask's counts hold a character that RLE does not use.");
      if (shift >= CHARS_PER_RUN * 5) throw new RangeError("The mask's counts hold a number that is too large.");
      value |= (code & FIVE_BITS) << shift;
      shift += 5;
      more = (code & CONTINUES) !== 0;
      if (!more && (code & SIGN) !== 0) value |= -1 << shift;
    }
    if (length > 2) value += runs[length - 2]!;
    if (value < 0) throw new RangeError("The mask's counts hold a negative run.");
    if (value > MAX_MASK_PIXELS) throw new RangeError("The mask's counts hold a number that is too large.");
    runs[length++] = value;
    pixels += value;
    if (pixels > mostPixels) throw new RangeError(`The mask's runs go on after its ${mostPixels} pixels.`);
  }
  return runs.slice(0, length);
}

/**
 * A mask as the fields of the message `Rle`.
 * @throws RangeError as {@link checkRuns} does.
 */
export function encodeRle(mask: MaskRuns): Pick<Rle, "size" | "counts"> {
  checkRuns(mask);
  return { size: [mask.height, mask.width], counts: encodeCounts(mask.runs) };
}

/**
 * The mask in a message `Rle` that a client sent.
 * @throws RangeError with one plain sentence when the size is absurd, the counts are malformed, or they do not fit.
 */
export function decodeRle(rle: Pick<Rle, "size" | "counts">): MaskRuns {
  const [height, width] = rle.size;
  if (rle.size.length !== 2 || height === undefined || width === undefined) {
    throw new RangeError("The mask's size must be [height, width].");
  }
  checkMaskSize(height, width);
  const mask = { height, width, runs: decodeCounts(rle.counts, height * width) };
  checkRuns(mask);
  return mask;
}

/**
 * Throws unless the mask holds together.
 * @throws RangeError when a side is not a positive whole number, the mask is over {@link MAX_MASK_PIXELS}, or the runs
 * do not sum to `height * width`.
 */
export function checkRuns(mask: MaskRuns): void {
  checkMaskSize(mask.height, mask.width);
  let sum = 0;
  for (const run of mask.runs) sum += run;
  if (sum !== mask.height * mask.width) {
    throw new RangeError(`The mask's runs sum to ${sum} pixels, but its size is ${mask.height} x ${mask.width}.`);
  }
}

/** Pixels of foreground. */
export function rleArea(mask: MaskRuns): number {
  let area = 0;
  for (let i = 1; i < mask.runs.length; i += 2) area += mask.runs[i]!;
  return area;
}

/** The smallest box that holds the foreground; all zero when there is none. */
export function rleBoundingBox(mask: MaskRuns): MaskBox {
  const { height, runs } = mask;
  let left = -1;
  let right = -1;
  let top = height;
  let bottom = -1;
  let at = 0;
  for (let i = 0; i < runs.length; i++) {
    const start = at;
    at += runs[i]!;
    if (i % 2 === 0 || at === start) continue;
    const firstColumn = Math.floor(start / height);
    const lastColumn = Math.floor((at - 1) / height);
    if (left < 0) left = firstColumn;
    right = lastColumn;
    if (firstColumn < lastColumn) {
      // It passes a column's end and the next one's top.
      top = 0;
      bottom = height - 1;
    } else {
      top = Math.min(top, start - firstColumn * height);
      bottom = Math.max(bottom, at - 1 - lastColumn * height);
    }
  }
  if (left < 0) return { x: 0, y: 0, width: 0, height: 0 };
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * Intersection over union of two masks of one size, from their runs. 0 when both are empty, as in pycocotools.
 * @throws RangeError when the sizes differ.
 */
export function rleIou(a: MaskRuns, b: MaskRuns): number {
  if (a.height !== b.height || a.width !== b.width) throw new RangeError("The masks are not of one size.");
  const total = a.height * a.width;
  let intersection = 0;
  let union = 0;
  let i = 0;
  let j = 0;
  let aEnd = a.runs[0] ?? total;
  let bEnd = b.runs[0] ?? total;
  let at = 0;
  while (at < total) {
    const end = Math.min(aEnd, bEnd, total);
    if ((i & j & 1) === 1) intersection += end - at;
    if (((i | j) & 1) === 1) union += end - at;
    at = end;
    if (aEnd === end) aEnd += a.runs[++i] ?? total;
    if (bEnd === end) bEnd += b.runs[++j] ?? total;
  }
  return union === 0 ? 0 : intersection / union;
}

/**
 * Throws unless a mask may have this size.
 * @throws RangeError when a side is not a positive whole number or the mask would be over {@link MAX_MASK_PIXELS}.
 */
export function checkMaskSize(height: number, width: number): void {
  if (!Number.isSafeInteger(height) || !Number.isSafeInteger(width) || height < 1 || width < 1) {
    throw new RangeError("The mask's height and width must be positive whole numbers.");
  }
  if (height * width > MAX_MASK_PIXELS) {
    throw new RangeError(`The mask's size ${height} x ${width} is over ${MAX_MASK_PIXELS} pixels.`);
  }
}

/** Calls back with the foreground of each column, from left to right and down: rows `top <= y < bottom` of column x. */
export function eachColumnSpan(mask: MaskRuns, span: (x: number, top: number, bottom: number) => void): void {
  const { height, runs } = mask;
  let at = 0;
  for (let i = 0; i < runs.length; i++) {
    const end = at + runs[i]!;
    if (i % 2 === 1) {
      let x = Math.floor(at / height);
      for (let start = at; start < end; x++) {
        const top = start - x * height;
        const bottom = Math.min(height, end - x * height);
        span(x, top, bottom);
        start = (x + 1) * height;
      }
    }
    at = end;
  }
}
