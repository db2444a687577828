import type { GraphBuilder } from "../../onnx/graph-builder.js";
import { firstAxis, known, type Live, live, plain, type Tensor, wholes } from "../tensors.js";
import { type Inputs, likeKnown, type Operator, only } from "./operator.js";

/** Operators that move numbers, or tell of shapes. Every shape is known, so what is reckoned from one is known too. */
export const shapeOperators: Record<string, Operator> = {
  Identity: (_, inputs) => only(inputs.at(0)),
  Shape: (_, inputs) => only(known([inputs.at(0).dims.length], Int32Array.from(inputs.at(0).dims))),
  Pack: (_, inputs, node) => {
    if (node.attributes.int("axis") !== 0) throw inputs.refusal("packs along another axis");
    const values = inputs.all.map((_one, place) => inputs.known(place));
    return only(known([values.length, ...(values[0]?.dims ?? [])], Int32Array.from(values.flatMap(wholes))));
  },
  StridedSlice: (_, inputs, { attributes }) => {
    const from = inputs.known(0);
    const [begin = 0] = wholes(inputs.known(1));
    if (from.dims.length !== 1 || attributes.int("shrink_axis_mask") !== 1)
      throw inputs.refusal("takes more than one number");
    return only(likeKnown(from, [], [from.data.at(begin) ?? 0]));
  },
  /** Of zeros that some places are put into. */
  SparseToDense: (_, inputs) => {
    const [places = [], shape = [], values = [], [rest = 0] = []] = [0, 1, 2, 3].map((place) =>
      wholes(inputs.known(place)),
    );
    if (shape.length !== 1) throw inputs.refusal("has several axes");
    const dense = new Int32Array(shape[0] ?? 0).fill(rest);
    for (const [at, place] of places.entries()) dense[place] = values[values.length === 1 ? 0 : at] ?? 0;
    return only(known([dense.length], dense));
  },
  Reshape: (g, inputs) => {
    const input = inputs.at(0);
    const wanted = wholes(inputs.known(1));
    const count = input.dims.reduce((product, size) => product * size, 1);
    const rest = wanted.reduce((product, size) => (size === -1 ? product : product * size), 1);
    const dims = wanted.map((size) => (size === -1 ? count / rest : size));
    if (input.kind === "known") return only({ ...input, dims });
    return only(live(g.reshape(plain(g, input), dims), dims));
  },
  Squeeze: (g, inputs, { attributes }) => {
    const { dims } = inputs.at(0);
    const axes = attributes.ints("squeeze_dims").map((axis) => (axis < 0 ? axis + dims.length : axis));
    const isLeft = (size: number, axis: number) => (axes.length === 0 ? size !== 1 : !axes.includes(axis));
    return reshaped(g, inputs, dims.filter(isLeft));
  },
  ExpandDims: (g, inputs) => {
    const { dims } = inputs.at(0);
    const [axis = 0] = wholes(inputs.known(1));
    return reshaped(g, inputs, dims.toSpliced(axis < 0 ? axis + dims.length + 1 : axis, 0, 1));
  },
  Transpose: (g, inputs) => {
    const input = inputs.live(g, 0);
    const perm = wholes(inputs.known(1));
    const dims = perm.map((axis) => input.dims[axis] ?? 1);
    // What is so already needs no turning, and what is turned back neither.
    if (input.isChannelsFirst && perm.join() === "0,3,1,2") return only(live(input.value, dims));
    if (!input.isChannelsFirst && perm.join() === "0,2,3,1") return only(live(input.value, dims, true));
    return only(live(g.transpose(plain(g, input), perm), dims));
  },
  Pad: pad,
  PadV2: pad,
  ConcatV2: (g, inputs) => {
    const axis = wholes(inputs.known(-1))[0] ?? 0;
    const parts = inputs.all.slice(0, -1).map((_, place) => inputs.live(g, place));
    const [first] = parts;
    if (!first) throw inputs.refusal("joins nothing");
    const at = axis < 0 ? axis + first.dims.length : axis;
    const dims = first.dims.with(
      at,
      parts.reduce((sum, part) => sum + (part.dims[at] ?? 0), 0),
    );
    if (!parts.every(({ isChannelsFirst }) => isChannelsFirst)) {
      return only(
        live(
          g.concat(
            parts.map((part) => plain(g, part)),
            at,
          ),
          dims,
        ),
      );
    }
    return only(
      live(
        g.concat(
          parts.map(({ value }) => value),
          turnedAxis(at),
        ),
        dims,
        true,
      ),
    );
  },
  SplitV: (g, inputs) => {
    const input = inputs.live(g, 0);
    const [given = 0] = wholes(inputs.known(2));
    const axis = given < 0 ? given + input.dims.length : given;
    let at = 0;
    return wholes(inputs.known(1)).map((size) => {
      const part = g.slice(input.value, input.isChannelsFirst ? turnedAxis(axis) : axis, at, at + size);
      at += size;
      return live(part, input.dims.with(axis, size), input.isChannelsFirst);
    });
  },
};

const turnedAxis = (axis: number) => firstAxis[axis] ?? axis;

function reshaped(g: GraphBuilder, inputs: Inputs, dims: readonly number[]): Tensor[] {
  const input = inputs.at(0);
  return only(input.kind === "known" ? { ...input, dims } : live(g.reshape(plain(g, input), dims), dims));
}

/** With zeros, or with PadV2's number. */
function pad(g: GraphBuilder, inputs: Inputs): Tensor[] {
  const input: Live = inputs.live(g, 0);
  const pairs = wholes(inputs.known(1));
  const before = input.dims.map((_, axis) => pairs[2 * axis] ?? 0);
  const after = input.dims.map((_, axis) => pairs[2 * axis + 1] ?? 0);
  const dims = input.dims.map((size, axis) => size + (before[axis] ?? 0) + (after[axis] ?? 0));
  if ([...before, ...after].every((size) => size === 0)) return only(input);
  const turn = (sizes: number[]) => (input.isChannelsFirst ? [0, 3, 1, 2].map((axis) => sizes[axis] ?? 0) : sizes);
  const rest = inputs.all.length > 2 ? (inputs.known(2).data[0] ?? 0) : 0;
  const padded = g.node("Pad", [input.value, g.integers([...turn(before), ...turn(after)]), g.scalar(rest)]);
  return only(live(padded, dims, input.isChannelsFirst));
}
