import type { GraphBuilder, Value } from "../../../inference/onnx/graph-builder.js";
import type { Region, Sides } from "./window-cells.js";

/** Biases of scores for each pair of places in a whole window: [heads, window, window, window, window]. */
interface PlaceBias {
  readonly heads: number;
  readonly window: number;
  readonly values: ArrayLike<number>;
}

/** Of a place that no score is to count: e to the power of it is 0 beside any other. */
const never = -1e9;

/** Writes the bias of one attention for windows of any size. */
export class WindowBias {
  readonly #write: GraphBuilder;
  readonly #bias: PlaceBias;
  readonly #values: Value;
  readonly #outside: Value;

  constructor(write: GraphBuilder, bias: PlaceBias) {
    const { heads, window, values } = bias;
    this.#write = write;
    this.#bias = bias;
    this.#values = write.constant("places", [heads, window, window, window, window], values);
    this.#outside = write.constant("outside", [window, window, heads, window, window], outsideBias(bias));
  }

  /** float32 [1, heads, places, places] of a region's windows. */
  of(region: Region): Value {
    const { heads, window } = this.#bias;
    const write = this.#write;
    if (!region.isEdge) return write.reshape(this.#values, [1, heads, window ** 2, window ** 2]);
    const [head, one] = [write.integers([heads]), write.integers([1])];
    const count = write.node("Mul", [region.rows, region.columns]);
    const within = this.#cut(this.#values, region, [1, 2, 3, 4]);
    const inside = write.node("Reshape", [within, write.concat([head, count, count], 0)]);
    const outside = write.node("Reshape", [this.#outsideOf(region), write.concat([head, count, one], 0)]);
    // A query that nobody asks for, so that there are as many as keys.
    const square = write.node("Pad", [write.concat([inside, outside], 2), write.integers([0, 0, 0, 0, 1, 0])]);
    const places = write.add(count, one);
    return write.node("Reshape", [square, write.concat([one, head, places, places], 0)]);
  }

  /** [1, 1, heads, rows, columns] */
  #outsideOf({ rows, columns }: Sides): Value {
    const write = this.#write;
    const one = write.integers([1]);
    const before = [write.subtract(rows, one), write.subtract(columns, one)];
    const axes = write.integers([0, 1]);
    const starts = write.concat(before, 0);
    const ends = write.concat([rows, columns], 0);
    return this.#cut(write.node("Slice", [this.#outside, starts, ends, axes]), { rows, columns }, [3, 4]);
  }

  /** The first rows and columns, by pairs of axes. */
  #cut(values: Value, { rows, columns }: Sides, axes: readonly number[]): Value {
    const write = this.#write;
    const ends = axes.map((_, i) => (i % 2 === 0 ? rows : columns));
    const starts = write.integers(axes.map(() => 0));
    return write.node("Slice", [values, starts, write.concat(ends, 0), write.integers(axes)]);
  }
}

/**
 * All places of a window outside its first rows and columns as one. Where they hold the same key and a value of zero, their
 * part of a softmax is that of one place with the logarithm of the sum of their exponentials as its bias. For 1 to `window`
 * rows and columns: [window, window, heads, window, window].
 */
export function outsideBias({ heads, window, values }: PlaceBias): Float64Array {
  const places = window ** 2;
  const all = new Float64Array(places * heads * places);
  for (let query = 0; query < heads * places; query++) {
    const of = (y: number, x: number): number => values[query * places + y * window + x]!;
    let most = Number.NEGATIVE_INFINITY;
    for (let key = 0; key < places; key++) most = Math.max(most, of(0, key));
    // [y][x]: of row y, the places from x on.
    const rests = Array.from({ length: window }, (_, y) => {
      const rest = new Float64Array(window + 1);
      for (let x = window - 1; x >= 0; x--) rest[x] = rest[x + 1]! + Math.exp(of(y, x) - most);
      return rest;
    });
    for (let columns = 1; columns <= window; columns++) {
      let right = 0;
      for (let rows = 1; rows <= window; rows++) {
        right += rests[rows - 1]![columns]!;
        const below = rests.slice(rows).reduce((sum, rest) => sum + rest[0]!, 0);
        const at = ((rows - 1) * window + columns - 1) * heads * places + query;
        all[at] = right + below > 0 ? most + Math.log(right + below) : never;
      }
    }
  }
  return all;
}
