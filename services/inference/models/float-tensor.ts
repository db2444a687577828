import { Tensor } from "onnxruntime-node";
import { decodeHalf, encodeHalf } from "../../../proto/half-float.js";

/** A graph's input of floats. @param type that the graph says it takes. */
export function floatTensor(values: Float32Array, dims: readonly number[], type: string): Tensor {
  return type === "float16" ? new Tensor("float16", encodeHalf(values), dims) : new Tensor("float32", values, dims);
}

/** The values of a result; undefined when it is no tensor of floats. */
export function floatsOf(tensor: Tensor | undefined): Float32Array | undefined {
  if (tensor?.type === "float32") return tensor.data as Float32Array;
  if (tensor?.type !== "float16") return undefined;
  // From Node 24 on it is an array of halves.
  const { buffer, byteOffset, length } = tensor.data as Uint16Array;
  return decodeHalf(new Uint16Array(buffer, byteOffset, length));
}
