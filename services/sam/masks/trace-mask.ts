import { type MaskBox, type MaskRuns, rleArea, rleBoundingBox } from "../../../proto/rle.js";
import { type AxisSamples, axisSamples, type Frame } from "../frame.js";
import { firstUnset, gridSigns, type Strip, stripBetween } from "./grid-signs.js";

/** A mask at the picture's resolution. */
export interface TracedMask extends MaskRuns {
  /** Pixels inside. */
  readonly area: number;
  readonly box: MaskBox;
}

/**
 * A piece of the strip between two node columns as the picture's rows see it: rows `top <= y < bottom` that are all
 * outside, all inside, or may change once.
 */
interface Pieces {
  count: number;
  readonly tops: Uint32Array;
  readonly bottoms: Uint32Array;
  readonly kinds: Uint8Array;
  /** Of a {@link MIXED} piece the values at its corners: above left and right, below left and right. */
  readonly corners: Float64Array;
}

const OUTSIDE = 0;
const INSIDE = 1;
const MIXED = 2;

/** What every mask of a frame needs of it. */
interface Samples {
  readonly across: AxisSamples;
  readonly down: AxisSamples;
  /** For each grid row, and one more, the first node at or below it. */
  readonly firstNodes: Uint32Array;
}

const samples = new WeakMap<Frame, Samples>();

/**
 * The mask at the picture's full resolution, straight from the model's low-resolution logits.
 *
 * A pixel is inside where what Meta's two resizes make of the logits at its centre is above the threshold. Both together
 * are one bilinear interpolation between nodes, about two a grid cell (see {@link axisSamples}): the first resize is
 * computed at nodes alone, and at those alone that an edge is near: an average of values of one sign has that sign. Down
 * a column the second is one straight line between two nodes, so at most one change of sign lies in each such piece; only
 * pieces whose four surrounding nodes disagree can have one. Each is estimated from the line and then settled by
 * evaluating the very expression at the pixels beside it: the result is what a loop over all pixels gives, bit for bit,
 * while the cost grows with the mask's outline and never with its area.
 *
 * That one change is certain in floating point too: `a * (1 - t) + b * t` has the sign of its exact sum, both products
 * are monotone in t, and the threshold is taken off the logits first, so that it is a comparison with 0.
 *
 * @param logits float32 [gridSize, gridSize], row by row; a view into a larger tensor will do.
 * @param frame masks of one picture are traced faster when they share the object.
 * @param threshold in logits; SAM's is 0.
 * @returns runs in column-major order, background first, with area and bounding box in pixels of the picture.
 * @throws RangeError when the length is wrong or a logit is not finite.
 */
export function traceMask(logits: Float32Array, frame: Frame, threshold = 0): TracedMask {
  const { gridSize, pictureWidth: width, pictureHeight: height } = frame;
  if (logits.length !== gridSize * gridSize) {
    throw new RangeError(`Expected ${gridSize} x ${gridSize} mask logits, got ${logits.length}.`);
  }
  const { across, down, firstNodes } = samplesOf(frame);
  const nodesAcross = across.starts.length;
  const nodesDown = down.starts.length;
  const signs = gridSigns(logits, gridSize, threshold);
  const strip: Strip = { outside: new Int32Array(signs.words), inside: new Int32Array(signs.words), isEmpty: true };
  const pieces: Pieces = {
    count: 0,
    tops: new Uint32Array(nodesDown),
    bottoms: new Uint32Array(nodesDown),
    kinds: new Uint8Array(nodesDown),
    corners: new Float64Array(4 * nodesDown),
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
    stripBetween(signs, across.nodeCells[node]!, across.nodeCells[node + 1]!, strip);
    if (strip.isEmpty) {
      if (inside) change(start * height);
      continue;
    }
    cutPieces({ logits, gridSize, threshold, across, down, firstNodes, node }, strip, pieces);
    if (pieces.count === 1 && pieces.kinds[0] !== MIXED) {
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
        if (kind !== MIXED) {
          if (inside !== (kind === INSIDE)) change(base + top);
          continue;
        }
        const bottom = pieces.bottoms[i]!;
        const above = pieces.corners[4 * i]! * leftWeight + pieces.corners[4 * i + 1]! * rightWeight;
        const below = pieces.corners[4 * i + 2]! * leftWeight + pieces.corners[4 * i + 3]! * rightWeight;
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

function samplesOf(frame: Frame): Samples {
  const known = samples.get(frame);
  if (known) return known;
  const [across, down] = [axisSamples(frame, "x"), axisSamples(frame, "y")];
  const firstNodes = new Uint32Array(frame.gridSize + 1).fill(down.nodeCells.length);
  for (let node = down.nodeCells.length - 1, row = frame.gridSize; node >= 0; node--) {
    while (row >= 0 && row > down.nodeCells[node]!) row--;
    firstNodes.fill(node, 0, row + 1);
  }
  const made = { across, down, firstNodes };
  samples.set(frame, made);
  return made;
}

/**
 * The first row of a piece that lies on `below`'s side of 0, `bottom` when none does. `above` and `below` are the
 * values at the nodes around it, one of them above 0 and the other not.
 */
export function firstChanged(above: number, below: number, top: number, bottom: number, { weights }: AxisSamples) {
  const endsInside = below > 0;
  const [first, last] = [weights[top]!, weights[bottom - 1]!];
  const share = last > first ? (above / (above - below) - first) / (last - first) : 0;
  let y = top + Math.min(Math.max(Math.ceil(share * (bottom - 1 - top)), 0), bottom - top);
  while (y > top && above * (1 - weights[y - 1]!) + below * weights[y - 1]! > 0 === endsInside) y--;
  while (y < bottom && above * (1 - weights[y]!) + below * weights[y]! > 0 !== endsInside) y++;
  return y;
}

/** A strip of the grid's interpolation, from a node column to the next one. */
interface Field extends Samples {
  readonly logits: Float32Array;
  readonly gridSize: number;
  readonly threshold: number;
  readonly node: number;
}

/** Cuts the strip behind a node column into pieces that hold rows of the picture, from the top down. */
function cutPieces(field: Field, strip: Strip, pieces: Pieces): void {
  const { starts, nodeCells } = field.down;
  const { node, firstNodes } = field;
  const last = starts.length - 1;
  pieces.count = 0;
  /** The node row that `left` and `right` are the values at. */
  let known = -1;
  let left = 0;
  let right = 0;
  for (let at = 0; at < last; ) {
    const row = nodeCells[at]!;
    const kind = isSet(strip.outside, row) ? OUTSIDE : isSet(strip.inside, row) ? INSIDE : MIXED;
    if (kind !== MIXED) {
      const until = firstUnset(kind === OUTSIDE ? strip.outside : strip.inside, row);
      const end = Math.min(firstNodes[Math.min(until, field.gridSize)]! - 1, last);
      if (end > at) {
        addUniform(pieces, kind, starts[at]!, starts[end]!);
        at = end;
        continue;
      }
    }
    const top = starts[at]!;
    const bottom = starts[at + 1]!;
    if (top < bottom) {
      const aboveLeft = known === at ? left : valueAt(field, node, at);
      const aboveRight = known === at ? right : valueAt(field, node + 1, at);
      left = valueAt(field, node, at + 1);
      right = valueAt(field, node + 1, at + 1);
      known = at + 1;
      const above = (aboveLeft > 0 ? 1 : 0) + (aboveRight > 0 ? 1 : 0);
      const sum = above + (left > 0 ? 1 : 0) + (right > 0 ? 1 : 0);
      if (sum === 0 || sum === 4) {
        addUniform(pieces, sum === 0 ? OUTSIDE : INSIDE, top, bottom);
      } else {
        const piece = pieces.count++;
        pieces.kinds[piece] = MIXED;
        pieces.tops[piece] = top;
        pieces.bottoms[piece] = bottom;
        pieces.corners[4 * piece] = aboveLeft;
        pieces.corners[4 * piece + 1] = aboveRight;
        pieces.corners[4 * piece + 2] = left;
        pieces.corners[4 * piece + 3] = right;
      }
    }
    at++;
  }
}

/** Rows that are all of a kind; those that follow rows of that kind join them. */
function addUniform(pieces: Pieces, kind: typeof OUTSIDE | typeof INSIDE, top: number, bottom: number): void {
  if (top === bottom) return;
  if (pieces.count === 0 || pieces.kinds[pieces.count - 1] !== kind) {
    pieces.kinds[pieces.count] = kind;
    pieces.tops[pieces.count] = top;
    pieces.count++;
  }
  pieces.bottoms[pieces.count - 1] = bottom;
}

const isSet = (words: Int32Array, bit: number) => ((words[bit >> 5]! >>> (bit & 31)) & 1) === 1;

/**
 * What the first resize makes of the logits at a node, less the threshold: across first, each step rounded to float32.
 * The subtraction keeps its sign.
 */
function valueAt({ logits, gridSize, threshold, across, down }: Field, x: number, y: number): number {
  const right = across.nodeWeights[x]!;
  const lower = down.nodeWeights[y]!;
  const at = down.nodeCells[y]! * gridSize + across.nodeCells[x]!;
  const row = (from: number) =>
    Math.fround(
      Math.fround(logits[from]! - threshold) * (1 - right) + Math.fround(logits[from + 1]! - threshold) * right,
    );
  return Math.fround(row(at) * (1 - lower) + row(at + gridSize) * lower);
}
