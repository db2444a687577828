import { type Dimension, GraphBuilder, type Value } from "../../services/inference/onnx/graph-builder.js";

/*
 * Graphs of a few nodes with the interfaces of real exports, whose embeddings and masks can be reckoned by hand: what a family
 * says of its exports is proven without their weights.
 */

type Named = readonly [name: string, dims: readonly Dimension[]];

/** An encoder's interface, written down from its exporter. */
export interface EncoderInterface {
  readonly input: Named;
  /** Side of the frame that it encodes. */
  readonly side: number;
  readonly outputs: readonly (readonly [name: string, dims: readonly number[]])[];
}

/** A decoder's. */
export interface DecoderGraphInterface {
  /** In the order of the encoder's outputs. */
  readonly embedding: readonly (readonly [name: string, dims: readonly number[]])[];
  readonly points: Named;
  readonly labels: readonly [name: string, dims: readonly Dimension[], type: "float32" | "int64"];
  readonly boxes?: Named;
  readonly mask?: readonly [mask: string, hasMask: string];
  /** Size of the picture. `scales`: points are its pixels. `resizes`: the masks come in that size. */
  readonly size?: {
    readonly name: string;
    readonly type: "float32" | "int32" | "int64";
    readonly scales?: true;
    readonly resizes?: true;
  };
  /** Side of the frame that points are pixels of, or to which they are scaled. */
  readonly side: number;
  readonly grid: number;
  /** Masks of a prompt. `[1, 1, masks, ...]` where there is an axis of prompts. */
  readonly masks: number;
  readonly logits: Named;
  readonly scores: Named;
}

/** Of the masks of one prompt, before what `decoderGraph` adds. */
export const scoresOf = (masks: number): number[] =>
  ({ 1: [0.5], 3: [0.6, 0.8, 0.7], 4: [0.5, 0.6, 0.8, 0.7] })[masks]!;

/** Pixels of the frame: how far from a point its disc reaches, and how far one beside the object. */
export const discRadius = 102.4;
const holeRadius = 51.2;

/**
 * Each output's first channel is 1 where the normalised picture's red is 1 or more and 0 where it is 0 or less, and the output's
 * number besides, from 1 on; the next channel of the first one of four dimensions is a thousandth of the red itself.
 */
export function encoderGraph({ input: [name, dims], side, outputs }: EncoderInterface): Uint8Array {
  const g = new GraphBuilder("encoder");
  const given = g.input(name, dims, "The picture.");
  const frame = dims.length === 3 ? framed(g, given, side) : given;
  for (const [index, [output, shape]] of outputs.entries()) {
    const isLast = shape.length > 4 || shape[1] === shape[2];
    const cells = isLast ? shape.at(-2)! : shape.at(-1)!;
    const channels = isLast ? shape.at(-1)! : shape[1]!;
    const red = g.slice(resized(g, frame, [1, 3, cells, cells]), 1, 0, 1);
    const first = g.add(g.node("Clip", [red, g.scalar(0), g.scalar(1)]), g.scalar(index + 1));
    const rest = channels - 2;
    const planes = g.concat(
      [first, g.multiply(red, g.scalar(0.001)), g.node("Expand", [g.scalar(0), g.integers([1, rest, cells, cells])])],
      1,
    );
    const last = isLast ? g.transpose(planes, [0, 2, 3, 1]) : planes;
    const made = shape.length === 5 ? stacked(g, g.reshape(last, [1, ...shape.slice(1)]), shape) : last;
    g.output(output, made, shape, "Features.");
  }
  return g.build();
}

/** What samexporter's encoders do with a picture [height, width, 3] of 0 to 255. */
function framed(g: GraphBuilder, pixels: Value, side: number): Value {
  const statistics = (name: string, values: number[]) => g.constant(name, [1, 3, 1, 1], values);
  const planes = g.node("Unsqueeze", [g.transpose(pixels, [2, 0, 1]), g.integers([0])]);
  const centred = g.subtract(planes, statistics("mean", [123.675, 116.28, 103.53]));
  const normal = g.node("Div", [centred, statistics("std", [58.395, 57.12, 57.375])]);
  const missing = g.node("Sub", [g.integers([side, side]), g.slice(g.node("Shape", [planes]), 0, 2, 4)]);
  return g.node("Pad", [normal, g.concat([g.integers([0, 0, 0, 0, 0, 0]), missing], 0)]);
}

const resized = (g: GraphBuilder, value: Value, sizes: readonly number[]) =>
  g.node("Resize", [value, "", "", g.integers(sizes)], { mode: { text: "nearest" } });

/** A layer with others behind it, which nobody is to read. */
function stacked(g: GraphBuilder, layer: Value, [layers, ...shape]: readonly number[]): Value {
  if (layers === 1) return layer;
  const others = g.node("Expand", [g.scalar(9), g.integers([layers! - 1, ...shape])]);
  return g.concat([layer, others], 0);
}

/**
 * Logits that are above 0 within a disc of each point on the object, outside of a smaller one of each beside it, within the box,
 * and where the mask to start from is. Scores are those above and a hundredth for each token (a box of its own is one), a
 * thousandth for each pad, and more for every tensor of the embedding that is another one.
 */
export function decoderGraph(face: DecoderGraphInterface): Uint8Array {
  const g = new GraphBuilder("decoder");
  const { side, grid, masks } = face;
  const far = g.scalar(1e4);
  const count = (value: Value) =>
    g.node("ReduceSum", [g.node("Cast", [value], { to: { int: 1 } })], { keepdims: { int: 0 } });
  const highest = (value: Value) => g.node("ReduceMax", [value], { keepdims: { int: 0 } });
  let score: Value = g.scalar(0);
  for (const [index, [name, dims]] of face.embedding.entries()) {
    const wrong = g.subtract(highest(g.input(name, dims, "Features.")), g.scalar(index + 2));
    score = g.add(score, g.node("Abs", [wrong]));
  }
  let points = g.input(face.points[0], face.points[1], "x and y.");
  const labels = g.node("Cast", [g.input(face.labels[0], face.labels[1], "What points are.", face.labels[2])], {
    to: { int: 1 },
  });
  const size = face.size && g.input(face.size.name, [2], "Height and width.", face.size.type);
  if (size && face.size?.scales) {
    const height = g.node("Cast", [g.slice(size, 0, 0, 1)], { to: { int: 1 } });
    const width = g.node("Cast", [g.slice(size, 0, 1, 2)], { to: { int: 1 } });
    points = g.multiply(points, g.node("Div", [g.scalar(side), g.concat([width, height], 0)]));
  }
  // [tokens, 1] against [1, cells].
  const ofTokens = (value: Value) => g.reshape(value, [-1, 1]);
  const [x, y] = [0, 1].map((at) => ofTokens(g.slice(points, face.points[1].length - 1, at, at + 1))) as [Value, Value];
  const label = ofTokens(labels);
  const centres = (at: (cell: number) => number) =>
    Float32Array.from({ length: grid ** 2 }, (_, cell) => (at(cell) + 0.5) * (side / grid));
  const acrossAt = g.constant(
    "across",
    [1, grid ** 2],
    centres((cell) => cell % grid),
  );
  const downAt = g.constant(
    "down",
    [1, grid ** 2],
    centres((cell) => Math.floor(cell / grid)),
  );
  const [dx, dy] = [g.subtract(acrossAt, x), g.subtract(downAt, y)];
  const away = g.node("Sqrt", [g.add(g.multiply(dx, dx), g.multiply(dy, dy))]);
  const is = (kind: number) => g.node("Equal", [label, g.scalar(kind)]);
  const least = (values: readonly Value[]) => (values.length > 1 ? g.node("Min", values) : values[0]!);
  /** Of all tokens of a kind the least; far inside where there is none. */
  const leastOf = (kind: number, value: Value) =>
    g.node("ReduceMin", [g.concat([g.node("Where", [is(kind), value, far]), farRow()], 0), g.integers([0])], {
      keepdims: { int: 1 },
    });
  const farRow = () => g.node("Expand", [far, g.integers([1, grid ** 2])]);
  const none = g.node("Neg", [far]);
  const discs = g.node("Where", [is(1), g.subtract(g.scalar(discRadius), away), none]);
  const nearest = g.node("ReduceMax", [g.concat([discs, g.node("Neg", [farRow()])], 0), g.integers([0])], {
    keepdims: { int: 1 },
  });
  const on = g.node("Where", [g.node("Equal", [nearest, none]), far, nearest]);
  const parts = [
    on,
    leastOf(0, g.subtract(away, g.scalar(holeRadius))),
    leastOf(2, g.node("Min", [dx, dy])),
    leastOf(3, g.node("Neg", [g.node("Max", [dx, dy])])),
  ];
  let tokens = count(g.node("Equal", [label, label]));
  if (face.boxes) {
    const boxes = g.input(face.boxes[0], face.boxes[1], "Left, top, right, bottom.");
    const corner = (at: number) => g.reshape(g.slice(boxes, 2, at, at + 1), [-1, 1]);
    const inside = g.node("Min", [
      g.subtract(acrossAt, corner(0)),
      g.subtract(downAt, corner(1)),
      g.subtract(corner(2), acrossAt),
      g.subtract(corner(3), downAt),
    ]);
    parts.push(g.node("ReduceMin", [g.concat([inside, farRow()], 0), g.integers([0])], { keepdims: { int: 1 } }));
    tokens = g.add(tokens, count(g.node("Equal", [corner(0), corner(0)])));
  }
  let logits = least(parts);
  if (face.mask) {
    const [mask, hasMask] = face.mask;
    const start = g.reshape(g.input(mask, [1, 1, grid, grid], "Logits to start from."), [1, grid ** 2]);
    const isThere = g.node("Greater", [g.input(hasMask, [1], "1 where there are."), g.scalar(0)]);
    logits = g.node("Where", [isThere, g.node("Min", [logits, start]), logits]);
  }
  const square = g.reshape(logits, [1, 1, grid, grid]);
  const sized =
    size && face.size?.resizes
      ? g.node("Resize", [
          square,
          "",
          "",
          g.concat([g.integers([1, 1]), g.node("Cast", [size], { to: { int: 7 } })], 0),
        ])
      : square;
  const all = g.concat(Array(masks).fill(sized), 1);
  const hasPrompts = face.scores[1].length === 3;
  g.output(face.logits[0], hasPrompts ? g.node("Unsqueeze", [all, g.integers([0])]) : all, face.logits[1], "Masks.");
  const counted = g.add(g.multiply(tokens, g.scalar(0.01)), g.multiply(count(is(-1)), g.scalar(0.001)));
  const scores = g.add(
    g.constant("scores", hasPrompts ? [1, 1, masks] : [1, masks], scoresOf(masks)),
    g.add(score, counted),
  );
  g.output(face.scores[0], scores, face.scores[1], "Scores.");
  return g.build();
}
