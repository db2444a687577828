import type { GraphBuilder, Value } from "../../../inference/onnx/graph-builder.js";

/** Sides of a map of cells. Every value is int64 [1]. */
export interface Sides {
  readonly rows: Value;
  readonly columns: Value;
}

/** Windows of one size. */
export interface Region extends Sides {
  /** Which cells they hold, by their places in the list of all rows, one after another: int64 [windows, places]. */
  readonly cells: Value;
  /**
   * Whether each has a place more, at its end, for all cells that the map does not have. It holds the number of cells, where
   * the list has zeros.
   */
  readonly isEdge: boolean;
}

/** A map cut into windows, none of which holds a cell that the map does not have. */
export interface WindowCells {
  /** Whole windows, those of the last rows, those of the last columns, and the last one. Some may be none at all. */
  readonly regions: readonly Region[];
  /** Where each cell is in all that regions hold, one after another: int64 [1, rows, columns]. */
  readonly places: Value;
}

/**
 * Works out, when the graph runs, which cells lie in which window. The last window of a side holds 1 to `window` rows or
 * columns, so that nothing is ever cut into whole windows alone.
 */
export function windowCells(write: GraphBuilder, { rows, columns }: Sides, window: number): WindowCells {
  const one = write.integers([1]);
  const side = write.integers([window]);
  const all = write.node("Mul", [rows, columns]);
  const within = (length: Value): Value => {
    const windows = write.node("Div", [write.subtract(length, one), side]);
    return write.node("Mul", [windows, side]);
  };
  const [wholeRows, wholeColumns] = [within(rows), within(columns)];
  const last = { rows: write.subtract(rows, wholeRows), columns: write.subtract(columns, wholeColumns) };
  const part = (length: Value, from: Value, to: Value, shape: readonly number[]): Value =>
    write.reshape(write.node("Slice", [range(write, length), from, to]), shape);
  const none = write.integers([0]);
  const row = (numbers: Value): Value => write.node("Mul", [numbers, columns]);
  // [windows down, windows across, rows of a window, columns of a window], each of them or 1.
  const down = row(part(rows, none, wholeRows, [-1, 1, window, 1]));
  const bottom = row(part(rows, wholeRows, rows, [1, 1, -1, 1]));
  const across = part(columns, none, wholeColumns, [1, -1, 1, window]);
  const right = part(columns, wholeColumns, columns, [1, 1, 1, -1]);

  const region = (ys: Value, xs: Value, sides: Sides, isEdge: boolean): Region => {
    const places = write.node("Mul", [sides.rows, sides.columns]);
    const shape = write.concat([write.integers([-1]), places], 0);
    const cells = write.node("Reshape", [write.add(ys, xs), shape]);
    const outside = write.reshape(all, []);
    const padded = isEdge ? write.node("Pad", [cells, write.integers([0, 0, 0, 1]), outside]) : cells;
    return { ...sides, cells: padded, isEdge };
  };
  const regions = [
    region(down, across, { rows: side, columns: side }, false),
    region(bottom, across, { rows: last.rows, columns: side }, true),
    region(down, right, { rows: side, columns: last.columns }, true),
    region(bottom, right, last, true),
  ];
  const order = write.concat(
    regions.map(({ cells }) => write.reshape(cells, [-1])),
    0,
  );
  // The place of no cell at all is at the end, and is cut off.
  const places = write.node("ScatterElements", [
    range(write, write.add(all, one)),
    order,
    range(write, write.node("Shape", [order])),
  ]);
  const shape = write.concat([one, rows, columns], 0);
  return { regions, places: write.node("Reshape", [write.node("Slice", [places, none, all]), shape]) };
}

/** 0, 1, ... up to a length: int64 [1] -> int64 [length]. */
function range(write: GraphBuilder, length: Value): Value {
  const [from, to, step] = [write.integers([0]), length, write.integers([1])].map((value) => write.reshape(value, []));
  return write.node("Range", [from!, to!, step!]);
}
