import { type MaskBox, type MaskRuns, rleArea, rleBoundingBox } from "../../../proto/index.js";
import { type AxisSamples, axisSamples, type Frame } from "../../runtime/models/frame.js";

/** A mask at the picture's resolution. */
export interface TracedMask extends MaskRuns {
  /** Pixels inside. */
  readonly area: number;
  readonly box: MaskBox;
}

/**
 * A piece of a node column as the picture's rows see it: rows `top <= y < bottom` that are all outside, all inside, or
 * (`kind >= 0`) may change once, between the nodes `kind` and `kind + 1`.
 */
interface Pieces {
  count: number;
  readonly tops: Uint32Array;
  readonly bottoms: Uint32Array;
  /** {@link OUTSIDE}, {@link INSIDE}, or the node above. */
  readonly kinds: Int32Array;
}

const OUTSIDE = -1;
const INSIDE = -2;

/**
 * The mask at the picture's full resolution, straight from the model's low-resolution logits.
 *
 * A pixel is inside where what Meta's two resizes make of the logits at its centre is above the threshold. Both together
 * are one bilinear interpolation between nodes, about two a grid cell (see {@link axisSamples}): the first resize is
 * computed at the nodes alone. Down a column the second is one straight line between two nodes, so at most one change of
 * sign lies in each such piece; only pieces whose four surrounding nodes disagree can have one. Each is estimated from
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
  const across = axisSamples(frame, "x");
  const down = axisSamples(frame, "y");
  const { values, isEmpty } = atNodes(transposeFinite(logits, gridSize, threshold), gridSize, across, down);
  const nodesAcross = across.starts.length;
  const nodesDown = down.starts.length;
  const pieces: Pieces = {
    count: 0,
    tops: new Uint32Array(nodesDown),
    bottoms: new Uint32Array(nodesDown),
    kinds: new Int32Array(nodesDown),
  };
  let runs = new Uint32Array(4 * width + 2 * nodesAcross);
  let length = 0;
  /** Column-major index of the last change; everything from there on is `inside` or not. */
  let changedAt = 0;
  let inside = false;
  const change = (at: number) => {
    runs[length++] = at - changedAt;
    changedAt = at;
    inside = !inside;
  };

  for (let node = 0; node < nodesAcross - 1; node++) {
    const start = across.starts[node]!;
    const end = across.starts[node + 1]!;
    if (start === end) continue;
    if (isEmpty[node]! & isEmpty[node + 1]!) {
      if (inside) change(start * height);
      continue;
    }
    const left = values.subarray(node * nodesDown, (node + 1) * nodesDown);
    const right = values.subarray((node + 1) * nodesDown, (node + 2) * nodesDown);
    cutPieces(left, right, down, pieces);
    if (pieces.count === 1 && pieces.kinds[0]! < 0) {
      // The whole strip is one thing: whole columns, without a look at them.
      if (inside !== (pieces.kinds[0] === INSIDE)) change(start * height);
      continue;
    }
    for (let x = start; x < end; x++) {
      // Two changes a piece at most, and room to spare for one in each whole strip to come.
      const room = length + 2 * pieces.count + nodesAcross;
      if (room > runs.length) {
        const larger = new Uint32Array(2 * room);
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
        const crossing = startsInside === below > 0 ? bottom : firstChanged(above, below, top, bottom, down);
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
 * values at the nodes around it, one of them above 0 and the other not.
 */
function firstChanged(above: number, below: number, top: number, bottom: number, { weights }: AxisSamples) {
  const endsInside = below > 0;
  const [first, last] = [weights[top]!, weights[bottom - 1]!];
  const share = last > first ? (above / (above - below) - first) / (last - first) : 0;
  let y = top + Math.min(Math.max(Math.ceil(share * (bottom - 1 - top)), 0), bottom - top);
  while (y > top && above * (1 - weights[y - 1]!) + below * weights[y - 1]! > 0 === endsInside) y--;
  while (y < bottom && above * (1 - weights[y]!) + below * weights[y]! > 0 !== endsInside) y++;
  return y;
}

/** Cuts the strip between two neighbouring node columns into pieces that hold rows of the picture, from the top down. */
function cutPieces(left: Float32Array, right: Float32Array, down: AxisSamples, pieces: Pieces): void {
  const { starts } = down;
  let count = 0;
  let previous = OUTSIDE - 2;
  let above = (left[0]! > 0 ? 1 : 0) + (right[0]! > 0 ? 1 : 0);
  for (let node = 0; node < left.length - 1; node++) {
    const below = (left[node + 1]! > 0 ? 1 : 0) + (right[node + 1]! > 0 ? 1 : 0);
    const sum = above + below;
    above = below;
    const top = starts[node]!;
    const bottom = starts[node + 1]!;
    if (top === bottom) continue;
    const kind = sum === 0 ? OUTSIDE : sum === 4 ? INSIDE : node;
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

/** The logits at the nodes of both axes. */
interface Nodes {
  /** float32 [nodes across, nodes down], column by column. */
  readonly values: Float32Array;
  /** 1 for a node column that is all outside, and whose neighbours are. */
  readonly isEmpty: Uint8Array;
}

/**
 * The logits where the picture's pixels need them: bilinear at the nodes of both axes, across first. Only signs are looked
 * at where a node and its neighbours are outside, and an average of values outside is outside too: there it is -1.
 * @param columns float32 [gridSize, gridSize], column by column.
 */
function atNodes(columns: Float32Array, gridSize: number, across: AxisSamples, down: AxisSamples): Nodes {
  const nodesDown = down.nodeCells.length;
  const values = new Float32Array(across.nodeCells.length * nodesDown).fill(-1);
  const holds = whereInside(columns, gridSize);
  const isEmpty = emptyNodes(holds.columns, across);
  const emptyDown = emptyNodes(holds.rows, down);
  const first = emptyDown.indexOf(0);
  if (first < 0) return { values, isEmpty: isEmpty.fill(1) };
  const last = emptyDown.lastIndexOf(0);
  const [firstRow, lastRow] = [down.nodeCells[first]!, down.nodeCells[last]! + 1];
  const column = new Float32Array(gridSize);
  for (let x = 0; x < across.nodeCells.length; x++) {
    if (isEmpty[x]) continue;
    const right = across.nodeWeights[x]!;
    const left = 1 - right;
    const from = across.nodeCells[x]! * gridSize;
    for (let y = firstRow; y <= lastRow; y++)
      column[y] = columns[from + y]! * left + columns[from + gridSize + y]! * right;
    for (let y = first, to = x * nodesDown + first; y <= last; y++, to++) {
      const cell = down.nodeCells[y]!;
      const lower = down.nodeWeights[y]!;
      values[to] = column[cell]! * (1 - lower) + column[cell + 1]! * lower;
    }
  }
  return { values, isEmpty };
}

/** 1 for each grid column and each grid row that holds a value above 0. */
function whereInside(columns: Float32Array, gridSize: number): { columns: Uint8Array; rows: Uint8Array } {
  const holds = { columns: new Uint8Array(gridSize), rows: new Uint8Array(gridSize) };
  for (let x = 0, at = 0; x < gridSize; x++) {
    for (let y = 0; y < gridSize; y++, at++) {
      if (columns[at]! > 0) {
        holds.columns[x] = 1;
        holds.rows[y] = 1;
      }
    }
  }
  return holds;
}

/** 1 for each node of an axis that lies, as its neighbours do, between grid lines that hold nothing above 0. */
function emptyNodes(holds: Uint8Array, { nodeCells }: AxisSamples): Uint8Array {
  const isOutside = Uint8Array.from(nodeCells, (cell) => (holds[cell]! | holds[cell + 1]! ? 0 : 1));
  return isOutside.map((outside, node) => outside & (isOutside[node - 1] ?? 1) & (isOutside[node + 1] ?? 1));
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
