/** float32 values row by row. ONNX Runtime's tensors are of this form as they are, so that what it gives is not copied. */
export interface FloatTensor {
  readonly type?: "float32";
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** Types of numbers that graphs take. */
export type NumberType = "float32" | "int32" | "int64";

/** Values of any of them. */
type GraphTensor =
  | FloatTensor
  | { readonly type: "int32"; readonly data: Int32Array; readonly dims: readonly number[] }
  | { readonly type: "int64"; readonly data: BigInt64Array; readonly dims: readonly number[] };

/** By the names of a graph's inputs or outputs. */
export type FloatTensors = Readonly<Record<string, FloatTensor>>;
export type GraphTensors = Readonly<Record<string, GraphTensor>>;

/** Numbers as a tensor of that type; what float32 holds is not copied. */
export function numbers(type: NumberType, values: Float32Array, dims: readonly number[]): GraphTensor {
  switch (type) {
    case "float32":
      return { data: values, dims };
    case "int32":
      return { type, data: Int32Array.from(values), dims };
    case "int64":
      return { type, data: BigInt64Array.from(values, BigInt), dims };
  }
}

/**
 * `prefix`, `step` and `stepWithMask`: a decoder in two halves, once a picture and once a prompt without or with a mask to
 * start from. `stock`: an export as it is, once a prompt.
 */
export type GraphName = "prefix" | "step" | "stepWithMask" | "stock";

/** All that decoding needs of a runtime. `Kept`: what a picture's tensors are there, in a graphics card's memory, say. */
export interface GraphRunner<Kept = unknown> {
  /** A picture's tensors for later runs: what that graph makes of them, or without one themselves. */
  keep(inputs: FloatTensors, graph: GraphName | undefined): Promise<Kept>;
  /** @param kept goes in beside `inputs`. @param outputs those that are wanted. */
  run(graph: GraphName, kept: Kept, inputs: GraphTensors, outputs: readonly string[]): Promise<FloatTensors>;
}
