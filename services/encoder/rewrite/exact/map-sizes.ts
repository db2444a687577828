import type { Value } from "../../../inference/onnx/graph-builder.js";
import type { GraphEditor } from "../../../inference/onnx/graph-editor.js";

/**
 * Tells the runtime which maps are of one size. It lets a convolution add what is added to it only where it knows that, and
 * does not work it out itself where sides are known only when the graph runs.
 */
export class MapSizes {
  readonly #editor: GraphEditor;
  readonly #channels = new Map<Value, number>();
  /** Names of sizes. */
  readonly #names = new Map<Value, Value>();

  constructor(editor: GraphEditor) {
    this.#editor = editor;
  }

  hasChannels(map: Value, channels: number): void {
    this.#channels.set(map, channels);
  }

  /** Maps [1, channels, rows, columns] of which nothing but this is known. */
  areEqual(maps: readonly Value[]): void {
    const channels = maps.flatMap((map) => this.#channels.get(map) ?? []).at(0);
    const [name = maps[0]!, ...others] = new Set(maps.flatMap((map) => this.#names.get(map) ?? []));
    if (channels === undefined || others.length > 0) return;
    for (const map of maps) {
      this.#channels.set(map, channels);
      this.#names.set(map, name);
      this.#editor.describe(map, [1, channels, `rows of ${name}`, `columns of ${name}`]);
    }
  }
}
