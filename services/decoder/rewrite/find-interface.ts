import type { ValueInfoProto } from "../../../proto/onnx.js";
import type { GraphReader } from "../../inference/onnx/graph-reader.js";
import { UnknownGraphError } from "../../inference/onnx/unknown-graph-error.js";

/** The names that an export gave its inputs, and the sizes that their shapes tell. */
export interface StockInterface {
  /** float32 [1, channels, grid, grid] */
  readonly imageEmbeddings: string;
  /** float32 [1, points, 2], in pixels of the model's input */
  readonly pointCoords: string;
  /** float32 [1, points] */
  readonly pointLabels: string;
  /** float32 [1, 1, 4 * grid, 4 * grid] */
  readonly maskInput: string;
  /** float32 [1] */
  readonly hasMaskInput: string;
  /** float32 [2], height and width; exports that leave the last resize out have none. */
  readonly origImSize: string | undefined;
  readonly channels: number;
  /** Height and width of the embedding. */
  readonly grid: number;
}

/** Finds the inputs by the names of Meta's exporter, and where a tool changed them, by their shapes. */
export function findInterface(reader: GraphReader): StockInterface {
  const constants = new Set(reader.graph.initializer.map((tensor) => tensor.name));
  const inputs = reader.graph.input.filter((input) => !constants.has(input.name));
  const find = (name: string, fits: (dims: readonly (number | undefined)[]) => boolean): string | undefined =>
    (inputs.find((input) => input.name === name) ?? inputs.find((input) => fits(dimsOf(input))))?.name;
  const need = (name: string, shape: string, fits: (dims: readonly (number | undefined)[]) => boolean): string => {
    const found = find(name, fits);
    if (found !== undefined) return found;
    const met = inputs.map((input) => `${input.name} [${dimsOf(input).map((dim) => dim ?? "?")}]`).join(", ");
    throw new UnknownGraphError(`the input ${name}, float32 ${shape}`, met || "no inputs");
  };
  const imageEmbeddings = need("image_embeddings", "[1,channels,grid,grid]", (d) => d.length === 4 && (d[1] ?? 0) > 1);
  const [, channels, grid, width] = dimsOf(inputs.find((input) => input.name === imageEmbeddings)!);
  if (channels === undefined || grid === undefined || grid !== width) {
    throw new UnknownGraphError(`a fixed, square size of ${imageEmbeddings}`, `${channels}x${grid}x${width}`);
  }
  return {
    imageEmbeddings,
    pointCoords: need("point_coords", "[1,points,2]", (dims) => dims.length === 3 && dims[2] === 2),
    pointLabels: need("point_labels", "[1,points]", (dims) => dims.length === 2),
    maskInput: need("mask_input", "[1,1,4*grid,4*grid]", (dims) => dims.length === 4 && dims[1] === 1),
    hasMaskInput: need("has_mask_input", "[1]", (dims) => dims.length === 1 && dims[0] === 1),
    origImSize: find("orig_im_size", (dims) => dims.length === 1 && dims[0] === 2),
    channels,
    grid,
  };
}

/** The sizes of an input or output; undefined where a size is known only when the model runs. */
function dimsOf(info: ValueInfoProto): readonly (number | undefined)[] {
  const type = info.type?.value;
  const dims = type?.case === "tensorType" ? type.value.shape?.dim : undefined;
  return (dims ?? []).map(({ value }) => (value.case === "dimValue" ? Number(value.value) : undefined));
}
