import type { ModelMetadataResponse, ModelMetadataResponse_TensorMetadata } from "../../../proto/inference.js";
import type { ModelSpec } from "../../inference/models/manifest.js";
import { OperationalError } from "../../runtime/operational-error.js";
import { inputDims } from "../worker/encoder-tensors.js";
import { type ValueType, valueTypes } from "./tensor-bytes.js";

/** A server's model is not the one that is meant: it says which tensor differs, and how. */
export class ModelDiffersError extends OperationalError {
  override readonly name = "ModelDiffersError";
}

/** How a server's model wants to be asked. */
interface RemoteTensors {
  readonly input: ValueType;
  /** By the outputs' names. */
  readonly outputs: Readonly<Record<string, ValueType>>;
  /** Height and width of the picture may be any. */
  readonly takesFrames: boolean;
}

type Described = Pick<ModelMetadataResponse_TensorMetadata, "name" | "datatype" | "shape">;

/**
 * What a server says of a model's tensors against what the manifest says of its encoder. Only tensors that are used count: a
 * model may have other outputs.
 * @throws ModelDiffersError
 */
export function checkMetadata(
  { encoder, preprocess: { size } }: Pick<ModelSpec, "encoder" | "preprocess">,
  { inputs, outputs }: Pick<ModelMetadataResponse, "inputs" | "outputs">,
): RemoteTensors {
  const others = inputs.filter(({ name }) => name !== encoder.input);
  // One that takes what a picture fills has to take any sides.
  const side = encoder.takes === "picture" ? -1 : size;
  const input = checkTensor("input", inputs, encoder.input, inputDims(encoder, { width: side, height: side }));
  if (others.length > 0) throw new ModelDiffersError(`it wants the input "${others[0]?.name}" too`);
  const checked = encoder.outputs.map(({ name, dims }) => [name, checkTensor("output", outputs, name, dims)] as const);
  const image = encoder.outputs.find(({ role }) => role === "image");
  const free = [inputs.find(({ name }) => name === encoder.input), outputs.find(({ name }) => name === image?.name)];
  return {
    input,
    outputs: Object.fromEntries(checked),
    takesFrames: free.every((one) => one?.shape.slice(-2).every((side) => side === -1n) === true),
  };
}

function checkTensor(kind: "input" | "output", all: readonly Described[], name: string, dims: number[]): ValueType {
  const found = all.find((one) => one.name === name);
  if (!found) {
    const names = all.map((one) => `"${one.name}"`).join(", ") || "none";
    throw new ModelDiffersError(`it has no ${kind} "${name}"; it has ${names}`);
  }
  const type = valueTypes.find((one) => one === found.datatype);
  if (!type) {
    throw new ModelDiffersError(`its ${kind} "${name}" is ${found.datatype}; it has to be ${valueTypes.join(" or ")}`);
  }
  const fits =
    found.shape.length === dims.length && found.shape.every((one, at) => one < 0n || Number(one) === dims[at]);
  if (!fits) {
    throw new ModelDiffersError(
      `its ${kind} "${name}" is [${found.shape.join(", ")}]; it has to be [${dims.join(", ")}], with -1 for any of them`,
    );
  }
  return type;
}
