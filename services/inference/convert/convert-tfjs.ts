import { convertGraph } from "./convert-graph.js";
import { type Converted, cuts } from "./cuts.js";
import { readTfjsGraph } from "./tfjs-graph.js";

/**
 * A detector as TensorFlow.js has it -> an ONNX file, the same bytes for the same files.
 * @param files by their names: model.json, or what it is called, and its shards.
 * @throws ConvertError when they are not what this was written for.
 */
export function convertTfjs(detector: Converted, json: string, shards: ReadonlyMap<string, Uint8Array>): Uint8Array {
  return convertGraph(readTfjsGraph(json, shards), cuts[detector]);
}
