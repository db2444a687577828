import { type AxisSamples, axisSamples, type Frame } from "../../sam/frame.js";
import { firstChanged } from "../../sam/masks/trace-mask.js";

/** How many pixels of the picture lie above each of two cuts. */
interface CutAreas {
  low: number;
  high: number;
}

/** Which sides of the cuts there are logits on. */
const ABOVE_LOW = 1;
const ABOVE_HIGH = 2;
const BELOW_LOW = 4;
const BELOW_HIGH = 8;

/**
 * The stability scores of masks of one picture, at its full resolution as in Meta's generator. `stabilityScore`, on the
 * model's grid, is no stand-in for them, not even with a margin: a small object is a few dozen cells, and the two were seen
 * to lie 0.11 apart.
 *
 * A score takes the areas at two cuts, and no outline. The picture falls into tiles, about one a cell of the grid, whose
 * pixels are averages of the same few logits. Where these agree about a cut so do the pixels, and the tile is counted as a
 * whole; only tiles that an edge runs through are looked at. Pixels are told apart by the same operations in the same
 * order as in `traceMask`: the areas are those of its masks.
 */
export class PictureStability {
  readonly #gridSize: number;
  readonly #across: Tiles;
  readonly #down: Tiles;
  /** The sides that each cell is on, row by row. */
  readonly #cells: Uint8Array;
  /** The sides that the cells above one another in a row of tiles are on. */
  readonly #lines: Uint8Array;

  constructor(frame: Frame) {
    this.#gridSize = frame.gridSize;
    this.#across = tiles(axisSamples(frame, "x"));
    this.#down = tiles(axisSamples(frame, "y"));
    this.#cells = new Uint8Array(frame.gridSize ** 2);
    this.#lines = new Uint8Array(frame.gridSize);
  }

  /**
   * How little a mask changes when its threshold is moved by `offset` both ways, 0 to 1.
   * @param logits float32 [gridSize, gridSize], row by row.
   * @returns 0 when no pixel passes even the lower cut. @throws RangeError as `traceMask`.
   */
  score(logits: Float32Array, offset: number): number {
    const { low, high } = this.areas(logits, -offset, offset);
    return low === 0 ? 0 : high / low;
  }

  /** @param low not above `high`, in logits. @throws RangeError when the length is wrong or a logit is not finite. */
  areas(logits: Float32Array, low: number, high: number): CutAreas {
    const across = this.#across;
    const down = this.#down;
    const area = { low: 0, high: 0 };
    const held = this.#compare(logits, low, high);
    const [firstColumn, endColumn] = tilesOf(across, held.left, held.right);
    const [firstRow, endRow] = tilesOf(down, held.top, held.bottom);
    for (let row = firstRow; row < endRow; row++) {
      this.#joinLines(row, firstColumn, endColumn);
      const lines = this.#lines;
      // Pixels of the tiles that are all above a cut, in one row of the picture.
      let lowWidth = 0;
      let highWidth = 0;
      for (let column = firstColumn; column < endColumn; column++) {
        let sides = 0;
        for (let x = across.firstLines[column]!; x <= across.lastLines[column]!; x++) sides |= lines[x]!;
        if (!(sides & ABOVE_LOW)) continue;
        const width = across.starts[column + 1]! - across.starts[column]!;
        if (!(sides & BELOW_LOW)) lowWidth += width;
        else area.low += this.#edge(logits, low, column, row);
        if (!(sides & BELOW_HIGH)) highWidth += width;
        else if (sides & ABOVE_HIGH) area.high += this.#edge(logits, high, column, row);
      }
      const height = down.starts[row + 1]! - down.starts[row]!;
      area.low += lowWidth * height;
      area.high += highWidth * height;
    }
    return area;
  }

  /** Notes the sides that each cell is on. @returns first and last grid line that holds a logit above the lower cut. */
  #compare(logits: Float32Array, low: number, high: number) {
    const size = this.#gridSize;
    if (logits.length !== size * size) {
      throw new RangeError(`Expected ${size} x ${size} mask logits, got ${logits.length}.`);
    }
    const cells = this.#cells;
    const held = { left: size, right: -1, top: size, bottom: -1 };
    // 0 as long as all are finite: NaN and the infinities times 0 are NaN.
    let poison = 0;
    for (let y = 0, at = 0; y < size; y++) {
      let first = -1;
      let last = -1;
      for (let x = 0; x < size; x++, at++) {
        const logit = logits[at]!;
        poison += logit * 0;
        if (logit > low) {
          if (first < 0) first = x;
          last = x;
          cells[at] = logit > high ? ABOVE_LOW | ABOVE_HIGH : ABOVE_LOW | BELOW_HIGH;
        } else {
          cells[at] = BELOW_LOW | BELOW_HIGH;
        }
      }
      if (last < 0) continue;
      if (first < held.left) held.left = first;
      if (last > held.right) held.right = last;
      if (held.bottom < 0) held.top = y;
      held.bottom = y;
    }
    if (poison !== 0) throw new RangeError("The mask logits hold a value that is not finite.");
    return held;
  }

  #joinLines(row: number, firstColumn: number, endColumn: number): void {
    const lines = this.#lines;
    const cells = this.#cells;
    const from = this.#across.firstLines[firstColumn]!;
    const to = this.#across.lastLines[endColumn - 1]!;
    lines.fill(0, from, to + 1);
    for (let y = this.#down.firstLines[row]!; y <= this.#down.lastLines[row]!; y++) {
      const line = y * this.#gridSize;
      for (let x = from; x <= to; x++) lines[x] = lines[x]! | cells[line + x]!;
    }
  }

  /** Pixels above a cut in a tile that its edge runs through: piece by piece between four nodes. */
  #edge(logits: Float32Array, cut: number, column: number, row: number): number {
    const across = this.#across;
    const down = this.#down;
    const lefts = across.samples.starts;
    const tops = down.samples.starts;
    const weights = across.samples.weights;
    const endNode = across.nodes[column + 1]!;
    let area = 0;
    for (let y = down.nodes[row]!; y < down.nodes[row + 1]!; y++) {
      const top = tops[y]!;
      const bottom = tops[y + 1]!;
      if (top === bottom) continue;
      let left = across.nodes[column]!;
      let rightAbove = this.#atNode(logits, cut, left, y);
      let rightBelow = this.#atNode(logits, cut, left, y + 1);
      for (; left < endNode; left++) {
        const leftAbove = rightAbove;
        const leftBelow = rightBelow;
        rightAbove = this.#atNode(logits, cut, left + 1, y);
        rightBelow = this.#atNode(logits, cut, left + 1, y + 1);
        for (let x = lefts[left]!; x < lefts[left + 1]!; x++) {
          const share = weights[x]!;
          const above = leftAbove * (1 - share) + rightAbove * share;
          const below = leftBelow * (1 - share) + rightBelow * share;
          if (above > 0) area += below > 0 ? bottom - top : firstChanged(above, below, top, bottom, down.samples) - top;
          else if (below > 0) area += bottom - firstChanged(above, below, top, bottom, down.samples);
        }
      }
    }
    return area;
  }

  /** The logits less the cut, at a node of both axes. */
  #atNode(logits: Float32Array, cut: number, column: number, row: number): number {
    const across = this.#across.samples;
    const down = this.#down.samples;
    const size = this.#gridSize;
    const at = down.nodeCells[row]! * size + across.nodeCells[column]!;
    const right = across.nodeWeights[column]!;
    const lower = down.nodeWeights[row]!;
    const left = 1 - right;
    const { fround } = Math;
    const above = fround(fround(logits[at]! - cut) * left + fround(logits[at + 1]! - cut) * right);
    const below = fround(fround(logits[at + size]! - cut) * left + fround(logits[at + size + 1]! - cut) * right);
    return fround(above * (1 - lower) + below * lower);
  }
}

/** One axis cut into tiles. */
interface Tiles {
  readonly count: number;
  /** First pixel of each tile; one more entry for the end. */
  readonly starts: Uint32Array;
  /** First node of each tile, whose pixels lie between it and the next tile's; one more entry for the end. */
  readonly nodes: Uint32Array;
  /** The lines of the grid that each tile's pixels are averages of. */
  readonly firstLines: Uint32Array;
  readonly lastLines: Uint32Array;
  readonly samples: AxisSamples;
}

function tiles(samples: AxisSamples): Tiles {
  const { nodeCells, starts } = samples;
  const end = nodeCells.length - 1;
  const first = Array.from(nodeCells.keys()).filter((n) => n < end && (n === 0 || nodeCells[n] !== nodeCells[n - 1]));
  const nodes = Uint32Array.from([...first, end]);
  return {
    count: first.length,
    nodes,
    starts: nodes.map((node) => starts[node]!),
    firstLines: Uint32Array.from(first, (node) => nodeCells[node]!),
    lastLines: Uint32Array.from(first, (_, tile) => nodeCells[nodes[tile + 1]!]! + 1),
    samples,
  };
}

/** The tiles that touch the grid lines from `first` to `last`: the first of them, and the one behind them. */
function tilesOf({ count, firstLines, lastLines }: Tiles, first: number, last: number): [from: number, end: number] {
  let from = 0;
  while (from < count && lastLines[from]! < first) from++;
  let end = count;
  while (end > from && firstLines[end - 1]! > last) end--;
  return [from, end];
}
