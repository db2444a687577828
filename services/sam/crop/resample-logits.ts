import { contentGrid, type Frame } from "../frame.js";
import { MASK_PROMPT_LOGIT } from "../masks/mask-logits.js";
import type { Region } from "../region.js";

/** The picture, or a part of it, where it lies in the model's frame. */
interface FramedPart {
  /** In pixels of the picture. */
  readonly region: Region;
  /** Of that region's size. */
  readonly frame: Frame;
}

/** What is known of nowhere in the source, and what the frame's padding gets: as surely outside as `maskLogits` has it. */
const outside = -MASK_PROMPT_LOGIT;

/**
 * Logits of one part of a picture as those of another part: between frames of two scales, or of two places.
 *
 * Where the source is coarser its logits are interpolated bilinearly between cell centres; where it is finer they are the mean
 * over the cell, of as many places a side as source cells lie in it. Both go one axis after the other. A part onto itself is
 * left as it is, bit for bit.
 *
 * @param logits float32 [gridSize, gridSize] of `from`, row by row. @returns the same form, of `to`.
 * @throws RangeError when there are not as many.
 */
export function resampleLogits(logits: Float32Array, from: FramedPart, to: FramedPart): Float32Array {
  const source = from.frame.gridSize;
  const target = to.frame.gridSize;
  if (logits.length !== source * source) {
    throw new RangeError(`Expected ${source} x ${source} mask logits, got ${logits.length}.`);
  }
  const across = axisTaps(axisOf(from, "x"), axisOf(to, "x"));
  const down = axisTaps(axisOf(from, "y"), axisOf(to, "y"));
  const wide = new Float64Array(source * across.length);
  for (let y = 0; y < source; y++) {
    for (const [x, taps] of across.entries()) {
      let sum = 0;
      for (let tap = 0; tap < taps.cells.length; tap++) {
        sum += logits[y * source + taps.cells[tap]!]! * taps.weights[tap]!;
      }
      wide[y * across.length + x] = sum;
    }
  }
  const result = new Float32Array(target * target).fill(outside);
  for (const [y, taps] of down.entries()) {
    for (let x = 0; x < across.length; x++) {
      let sum = 0;
      for (let tap = 0; tap < taps.cells.length; tap++) {
        sum += wide[taps.cells[tap]! * across.length + x]! * taps.weights[tap]!;
      }
      result[y * target + x] = sum + outside * (1 - taps.known * across[x]!.known);
    }
  }
  return result;
}

/** One axis of a part: where its grid's cells lie in the picture, in pixels. */
interface Axis {
  readonly start: number;
  readonly length: number;
  /** Cells whose centre lies inside. */
  readonly cells: number;
  /** Pixels a cell. */
  readonly cell: number;
}

function axisOf({ region, frame }: FramedPart, axis: "x" | "y"): Axis {
  const { columns, rows } = contentGrid(frame);
  const isX = axis === "x";
  const length = isX ? region.width : region.height;
  const content = ((isX ? frame.contentWidth : frame.contentHeight) * frame.gridSize) / frame.modelSize;
  return { start: isX ? region.x : region.y, length, cells: isX ? columns : rows, cell: length / content };
}

/** What a cell is made of along one axis. */
interface Taps {
  readonly cells: number[];
  readonly weights: number[];
  /** The share of the cell that the source covers: what its weights sum up to. */
  readonly known: number;
}

/** Places are held to 2^-20 of a cell: what is the same place by other roundings is the same. */
const finest = 2 ** 20;

function axisTaps(from: Axis, to: Axis): Taps[] {
  const places = Math.max(1, Math.ceil(to.cell / from.cell - 1e-9));
  return Array.from({ length: to.cells }, (_, cell) => {
    const weights = new Map<number, number>();
    const add = (at: number, weight: number) => {
      if (weight > 0) weights.set(at, (weights.get(at) ?? 0) + weight);
    };
    // A sliver's only cell may have its centre beyond it.
    const beyond = Math.max(0, (cell + 0.5) * to.cell - to.length);
    let known = 0;
    for (let place = 0; place < places; place++) {
      const pixel = to.start + (cell + (place + 0.5) / places) * to.cell - beyond - from.start;
      if (pixel < 0 || pixel > from.length) continue;
      known += 1 / places;
      const at = Math.min(Math.max(Math.round((pixel / from.cell - 0.5) * finest) / finest, 0), from.cells - 1);
      const left = Math.floor(at);
      add(left, (1 - (at - left)) / places);
      add(left + 1, (at - left) / places);
    }
    return { cells: [...weights.keys()], weights: [...weights.values()], known: Math.min(known, 1) };
  });
}
