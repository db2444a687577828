import type { GraphBuilder, Value } from "../../../inference/onnx/graph-builder.js";

/** The sides of a map of cells. */
export interface Sides {
  readonly rows: Value;
  readonly columns: Value;
}

/** What depends on the frame, worked out when the graph runs, once for all who ask. Every value is int64 [1]. */
export class FrameNumbers {
  readonly #write: GraphBuilder;
  readonly #input: Value;
  readonly #known = new Map<string, Value>();

  /** @param input the picture, [1, 3, height, width]. */
  constructor(write: GraphBuilder, input: Value) {
    this.#write = write;
    this.#input = input;
  }

  /** Sides of the map whose cells are `stride` pixels wide. */
  sides(stride: number): Sides {
    return { rows: this.#side(2, stride), columns: this.#side(3, stride) };
  }

  /** How many windows of `window` cells a side takes, the last of them not whole: ceil(side / window). */
  windows({ rows, columns }: Sides, window: number): Sides {
    const count = (side: Value) => {
      const reached = this.#once("Add", side, window - 1);
      return this.#once("Div", reached, window);
    };
    return { rows: count(rows), columns: count(columns) };
  }

  /** Sides of the map that is made of so many whole windows. */
  padded(windows: Sides, window: number): Sides {
    return { rows: this.#once("Mul", windows.rows, window), columns: this.#once("Mul", windows.columns, window) };
  }

  /** Cells that a padded map has more than the map. */
  padding(padded: Sides, sides: Sides): Sides {
    return {
      rows: this.#once("Sub", padded.rows, sides.rows),
      columns: this.#once("Sub", padded.columns, sides.columns),
    };
  }

  #side(axis: number, stride: number): Value {
    const shape = this.#keep("shape", () => this.#write.node("Shape", [this.#input]));
    const pixels = this.#keep(`pixels ${axis}`, () => this.#write.slice(shape, 0, axis, axis + 1));
    return this.#once("Div", pixels, stride);
  }

  #once(opType: string, a: Value, b: Value | number): Value {
    const second = typeof b === "number" ? this.#write.integers([b]) : b;
    return this.#keep(`${opType} ${a} ${second}`, () => this.#write.node(opType, [a, second]));
  }

  #keep(key: string, make: () => Value): Value {
    const known = this.#known.get(key) ?? make();
    this.#known.set(key, known);
    return known;
  }
}
