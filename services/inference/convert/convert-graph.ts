import { GraphBuilder } from "../onnx/graph-builder.js";
import { ConvertError } from "./convert-error.js";
import { arithmeticOperators } from "./operators/arithmetic.js";
import { imageOperators } from "./operators/images.js";
import { Inputs, type Operator } from "./operators/operator.js";
import { shapeOperators } from "./operators/shapes.js";
import { known, live, plain, type Tensor } from "./tensors.js";
import type { TfjsGraph } from "./tfjs-graph.js";

/** Which part of a graph is wanted, by the names that the graph has for its values. */
export interface Cut {
  name: string;
  /** The value that the part begins with, and what it is called from then on. As ONNX has pictures: channels first. */
  input: {
    from: string;
    name: string;
    dims: [batch: 1, channels: number, height: number, width: number];
    describe: string;
  };
  /** The graph has its pictures as [batch, height, width, channels] there. */
  isChannelsLast: boolean;
  outputs: readonly { from: string; name: string; describe: string }[];
}

const operators: Record<string, Operator> = { ...imageOperators, ...arithmeticOperators, ...shapeOperators };

/**
 * The part of a TensorFlow.js graph that `cut` names as an ONNX file: the same bytes whenever it is given the same.
 * @throws ConvertError naming the operator that is not known, or what of a known one is not.
 */
export function convertGraph({ nodes, constants }: TfjsGraph, cut: Cut): Uint8Array {
  const g = new GraphBuilder(cut.name);
  const made = new Map<string, Tensor[]>();
  const { from, name, dims, describe } = cut.input;
  const [batch, channels, height, width] = dims;
  const seen = cut.isChannelsLast ? [batch, height, width, channels] : dims;
  made.set(from, [live(g.input(name, dims, describe), seen, cut.isChannelsLast)]);

  for (const { from, name, describe } of cut.outputs) {
    const tensor = resultOf(from);
    const value = tensor.kind === "live" ? plain(g, tensor) : g.constant(`${name}/values`, tensor.dims, tensor.data);
    // What is known, or an output already, has a name of its own.
    g.output(name, tensor.kind === "live" ? value : g.node("Identity", [value]), tensor.dims, describe);
  }
  return g.build();

  function resultOf(value: string): Tensor {
    const [node = "", place = "0"] = value.split(":");
    const tensor = (made.get(node) ?? make(node))[Number(place)];
    if (!tensor) throw new ConvertError(`${value} is no value of the graph`);
    return tensor;
  }

  function make(name: string): Tensor[] {
    const node = nodes.get(name);
    const constant = constants.get(name);
    if (!node && !constant) throw new ConvertError(`there is no ${name} in the graph`);
    const results = constant ? [known(constant.dims, constant.data)] : written(name);
    made.set(name, results);
    return results;
  }

  function written(name: string): Tensor[] {
    const node = nodes.get(name);
    const operator = node && operators[node.op];
    if (!operator) throw new ConvertError(`the operator ${node?.op} of ${name} is not known`);
    return operator(g, new Inputs(node, node.inputs.map(resultOf)), node);
  }
}
