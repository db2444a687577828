import { decodeHalf } from "../../../proto/half-float.js";
import type { EmbeddingHeader } from "../embedding-record.js";
import type { FloatTensor } from "./graph-runner.js";

/** The tensors of an embedding's record as graphs take them. @param tensors half floats, one for each of the header's. */
export function floatTensors({ header, tensors }: { header: EmbeddingHeader; tensors: Uint16Array[] }): FloatTensor[] {
  return tensors.map((halves, index) => ({ data: decodeHalf(halves), dims: header.tensors[index]!.dims }));
}
