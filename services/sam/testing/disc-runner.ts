import { type DecoderSpec, exportedDecoder } from "../decode/decoder-spec.js";
import type { FloatTensor, FloatTensors, GraphName, GraphRunner, GraphTensors } from "../decode/graph-runner.js";

/** Meta's export (`SamOnnxModel`): all of it is run once a prompt. */
export const metaDecoder = (maskGrid: number, side: number): DecoderSpec =>
  exportedDecoder({
    maskGrid,
    embedding: [{ name: "image_embeddings" }],
    tokens: { side, pad: "caller", box: "corners", axes: 1, labels: "float32" },
    inputs: { points: "point_coords", labels: "point_labels", mask: "mask_input", hasMask: "has_mask_input" },
    constants: [{ name: "orig_im_size", type: "float32", dims: [2], values: [1, 1] }],
    outputs: { logits: "low_res_masks", scores: "iou_predictions", single: 0 },
  });

/** The candidates' scores. */
export const discScores = [0.7, 0.5, 0.9, 0.8];

/** A run as it was asked for. */
interface AskedRun {
  readonly graph: GraphName | undefined;
  readonly inputs: GraphTensors;
  readonly outputs?: readonly string[];
}

/**
 * Graphs in the place of a model's: four discs round a prompt's first token, each larger than the one before; all shrink by
 * a mask to start from. For a frame whose side is four times the grid's.
 */
export class DiscRunner implements GraphRunner<string> {
  /** All that was asked, in its order. */
  readonly kept: AskedRun[] = [];
  readonly runs: AskedRun[] = [];
  readonly #spec: DecoderSpec;

  constructor(spec: DecoderSpec) {
    this.#spec = spec;
  }

  async keep(inputs: FloatTensors, graph: GraphName | undefined): Promise<string> {
    this.kept.push({ graph, inputs });
    return "kept";
  }

  async run(graph: GraphName, kept: string, inputs: GraphTensors, outputs: readonly string[]): Promise<FloatTensors> {
    if (kept !== "kept") throw new Error("A run was given what was not kept.");
    this.runs.push({ graph, inputs, outputs });
    const { maskGrid: gridSize, inputs: names, outputs: results } = this.#spec;
    const [x = 0, y = 0] = Array.from(inputs[names.points]!.data, Number);
    const shrunk = this.startOf(inputs) === undefined ? 0 : 5;
    const logits = Float32Array.from({ length: discScores.length * gridSize ** 2 }, (_, at) => {
      const cell = at % gridSize ** 2;
      const radius = 20 + 10 * Math.floor(at / gridSize ** 2) - shrunk;
      return radius - Math.hypot((cell % gridSize) - x / 4, Math.floor(cell / gridSize) - y / 4);
    });
    const masks = discScores.length;
    const given: Record<string, FloatTensor> = {
      [results.logits]: { data: logits, dims: [1, masks, gridSize, gridSize] },
      [results.scores]: { data: Float32Array.from(discScores), dims: [1, masks] },
    };
    return Object.fromEntries(outputs.map((name) => [name, given[name]!]));
  }

  /** The mask that a run started from. */
  startOf(inputs: GraphTensors): Float32Array | undefined {
    const { mask = "", hasMask } = this.#spec.inputs;
    const isThere = hasMask === undefined ? mask in inputs : inputs[hasMask]?.data[0] === 1;
    return isThere ? (inputs[mask] as FloatTensor | undefined)?.data : undefined;
  }
}
