import { type MaskBox, type MaskRuns, rleArea, rleBoundingBox } from "../../../proto/index.js";
import { type AxisSamples, axisSamples, type Frame } from "../../runtime/models/frame.js";

/** A mask at the picture's resolution. */
export interface TracedMask extends MaskRuns {
  /** Pixels inside. */
  readonly area: number;
  readonly box: MaskBox;
}

/**
 * A piece of a grid column as the picture's rows see it: rows `top <= y < bottom` that are all outside, all inside, or
 * (`cell >= 0`) may change once, between the grid's rows `cell` and `cell + 1`.
 */
interface Pieces {
  count: number;
  readonly tops: Uint32Array;
  readonly bottoms: Uint32Array;
  /** {@link OUTSIDE}, {@link INSIDE}, or the cell. */
  readonly kinds: Int32Array;
}

const OUTSIDE = -1;
const INSIDE = -2;

/**
 * The mask at the picture's full resolution, straight from the model's low-resolution logits.
 *
 * A pixel is inside where the bilinear interpolation of the logits at its centre (see {@link axisSamples}) is above
 * the threshold. Down a column that interpolation is one straight line between two grid rows, so at most one change of
 * sign lies in each such piece; only pieces whose four surrounding logits disagree can have one. Each is estimated from
 * the line and then settled by evaluating the very expression at the pixels beside it: the result is what a loop over
 * all pixels gives, bit for bit, while the cost grows with the mask's outline and never with its area.
 *
 * That one change is certain in floating point too: `a * (1 - t) + b * t` has the sign of its exact sum, both products
 * are monotone in t, and the threshold is taken off the logits first, so that it is a comparison with 0.
 *
 * @param logits float32 [gridSize, gridSize], row by row; a view into a larger tensor will do.
 * @param threshold in logits; SAM's is 0.
 * @returns runs in column-major order, background first, with area and bounding box in pixels of the picture.
 * @throws RangeError when the length is wrong or a logit is not finite.
 */
export function traceMask(logits: Float32Array, frame: Frame, threshold = 0): TracedMask {
  const { gridSize, pictureWidth: width, pictureHeight: height } = frame;
  const columns = transposeFinite(logits, gridSize, threshold);
  const across = axisSamples(frame, "x");
  const down = axisSamples(frame, "y");
  const pieces: Pieces = {
    count: 0,
    tops: new Uint32Array(gridSize),
    bottoms: new Uint32Array(gridSize),
    kinds: new Int32Array(gridSize),
  };
  let runs = new Uint32Array(4 * width + 2 * gridSize);
  let length = 0;
  /** Column-major index of the last change; everything from there on is `inside` or not. */
  let changedAt = 0;
  let inside = false;
  const change = (at: number) => {
    runs[length++] = at - changedAt;
    changedAt = at;
    inside = !inside;
  };

  for (let cell = 0; cell < gridSize - 1; cell++) {
    const start = across.starts[cell]!;
    const end = across.starts[cell + 1]!;
    if (start === end) continue;
    const left = columns.subarray(cell * gridSize, (cell + 1) * gridSize);
    const right = columns.subarray((cell + 1) * gridSize, (cell + 2) * gridSize);
    cutPieces(left, right, down, pieces);
    if (pieces.count === 1 && pieces.kinds[0]! < 0) {
      // The whole strip is one thing: whole columns, without a look at them.
      if (inside !== (pieces.kinds[0] === INSIDE)) change(start * height);
      continue;
    }
    for (let x = start; x < end; x++) {
      // Two changes a piece at most, and room to spare for one in each whole strip to come.
      if (length + 2 * pieces.count + gridSize > runs.length) {
        const larger = new Uint32Array(runs.length * 2 + 2 * gridSize);
        larger.set(runs);
        runs = larger;
      }
      const rightWeight = across.weights[x]!;
      const leftWeight = 1 - rightWeight;
      const base = x * height;
      for (let i = 0; i < pieces.count; i++) {
        const kind = pieces.kinds[i]!;
        const top = pieces.tops[i]!;
        if (kind < 0) {
          if (inside !== (kind === INSIDE)) change(base + top);
          continue;
        }
        const bottom = pieces.bottoms[i]!;
        const above = left[kind]! * leftWeight + right[kind]! * rightWeight;
        const below = left[kind + 1]! * leftWeight + right[kind + 1]! * rightWeight;
        const startsInside = above > 0;
        const crossing = startsInside === below > 0 ? bottom : firstChanged(above, below, kind, top, bottom, down);
        if (crossing > top && inside !== startsInside) change(base + top);
        if (crossing < bottom && inside === startsInside) change(base + crossing);
      }
    }
  }
  runs[length++] = width * height - changedAt;
  const mask = { height, width, runs: runs.slice(0, length) };
  return { ...mask, area: rleArea(mask), box: rleBoundingBox(mask) };
}

/**
 * The first row of a piece that lies on `below`'s side of 0, `bottom` when none does. `above` and `below` are the
 * values at the grid rows around it, one of them above 0 and the other not.
 */
function firstChanged(above: number, below: number, cell: number, top: number, bottom: number, down: AxisSamples) {
  const endsInside = below > 0;
  const { weights } = down;
  const place = cell + above / (above - below);
  let y = Math.min(Math.max(Math.ceil((place + 0.5) / down.step - 0.5), top), bottom);
  while (y > top && above * (1 - weights[y - 1]!) + below * weights[y - 1]! > 0 === endsInside) y--;
  while (y < bottom && above * (1 - weights[y]!) + below * weights[y]! > 0 !== endsInside) y++;
  return y;
}

/** Cuts the strip between two neighbouring grid columns into pieces that hold rows of the picture, from the top down. */
function cutPieces(left: Float32Array, right: Float32Array, down: AxisSamples, pieces: Pieces): void {
  const { starts } = down;
  let count = 0;
  let previous = OUTSIDE - 2;
  let above = (left[0]! > 0 ? 1 : 0) + (right[0]! > 0 ? 1 : 0);
  for (let cell = 0; cell < left.length - 1; cell++) {
    const below = (left[cell + 1]! > 0 ? 1 : 0) + (right[cell + 1]! > 0 ? 1 : 0);
    const sum = above + below;
    above = below;
    const top = starts[cell]!;
    const bottom = starts[cell + 1]!;
    if (top === bottom) continue;
    const kind = sum === 0 ? OUTSIDE : sum === 4 ? INSIDE : cell;
    if (kind !== previous) {
      pieces.tops[count] = top;
      pieces.kinds[count] = kind;
      count++;
      previous = kind;
    }
    pieces.bottoms[count - 1] = bottom;
  }
  pieces.count = count;
}

/**
 * The logits less the threshold, column by column, so that what a picture column needs lies together.
 * Float32 [gridSize, gridSize]. The subtraction is rounded to float32, which keeps its sign.
 */
function transposeFinite(logits: Float32Array, gridSize: number, threshold: number): Float32Array {
  if (logits.length !== gridSize * gridSize) {
    throw new RangeError(`Expected ${gridSize} x ${gridSize} mask logits, got ${logits.length}.`);
  }
  const columns = new Float32Array(logits.length);
  // 0 as long as all are finite: NaN and the infinities times 0 are NaN.
  let poison = 0;
  for (let x = 0; x < gridSize; x++) {
    for (let y = 0, from = x, to = x * gridSize; y < gridSize; y++, from += gridSize, to++) {
      const logit = logits[from]!;
      poison += logit * 0;
      columns[to] = logit - threshold;
    }
  }
  if (poison !== 0) throw new RangeError("The mask logits hold a value that is not finite.");
  return columns;
}
