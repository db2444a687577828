import type { Constant, TfjsGraph, TfjsNode } from "../tfjs-graph.js";

type Values = { dims: readonly number[]; data: ArrayLike<number> };
type Run = (inputs: Values[], node: TfjsNode) => Values[];

/**
 * Runs a graph of TensorFlow.js one number at a time, in double precision, by TensorFlow's documentation of each operator: what
 * the converter is held against. [batch, height, width, channels] throughout.
 */
export function runTfjs(graph: TfjsGraph, feeds: Record<string, Values>, output: string): Values {
  const made = new Map<string, Values[]>(Object.entries(feeds).map(([name, value]) => [name, [value]]));
  const of = (value: string): Values => {
    const [name = "", place = "0"] = value.split(":");
    const known: Constant | undefined = graph.constants.get(name);
    const results = made.get(name) ?? (known ? [known] : run(name));
    made.set(name, results);
    return results[Number(place)] as Values;
  };
  const run = (name: string): Values[] => {
    const node = graph.nodes.get(name) as TfjsNode;
    return (runs[node.op] as Run)(node.inputs.map(of), node);
  };
  return of(output);
}

const at = ({ dims, data }: Values, ...place: number[]): number =>
  data[dims.reduce((index, size, axis) => index * size + (place[axis] as number), 0)] as number;

/** Every place of a tensor, the last axis fastest. */
function fill(dims: readonly number[], value: (place: number[]) => number): Values {
  const data = new Float64Array(dims.reduce((product, size) => product * size, 1));
  const place = dims.map(() => 0);
  for (let index = 0; index < data.length; index++) {
    let rest = index;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      place[axis] = rest % (dims[axis] as number);
      rest = Math.floor(rest / (dims[axis] as number));
    }
    data[index] = value(place);
  }
  return { dims, data };
}

const each =
  (reckon: (value: number) => number): Run =>
  ([x]) => [fill(x!.dims, (place) => reckon(at(x!, ...place)))];

const both =
  (reckon: (a: number, b: number) => number): Run =>
  ([a, b]) => {
    const rank = Math.max(a!.dims.length, b!.dims.length);
    const sizeAt = ({ dims }: Values, axis: number) => dims[axis - rank + dims.length] ?? 1;
    const dims = Array.from({ length: rank }, (_, axis) => Math.max(sizeAt(a!, axis), sizeAt(b!, axis)));
    const part = (x: Values, place: number[]) =>
      at(x, ...x.dims.map((size, axis) => (size === 1 ? 0 : (place[axis + rank - x.dims.length] as number))));
    return [fill(dims, (place) => reckon(part(a!, place), part(b!, place)))];
  };

/** What a window is given: how far it begins before the picture, and how many there are. */
function windows(
  node: TfjsNode,
  side: number,
  size: number,
  axis: 1 | 2,
): { before: number; count: number; step: number } {
  const step = node.attributes.ints("strides")[axis] as number;
  const isSame = node.attributes.text("padding") === "SAME";
  const count = isSame ? Math.ceil(side / step) : Math.ceil((side - size + 1) / step);
  return { before: isSame ? Math.floor(Math.max(0, (count - 1) * step + size - side) / 2) : 0, count, step };
}

function slide(
  x: Values,
  node: TfjsNode,
  size: readonly number[],
  channels: number,
  answer: (pixels: Pixel[], channel: number) => number,
) {
  const [batch, height, width] = x.dims as [number, number, number, number];
  const down = windows(node, height, size[0]!, 1);
  const across = windows(node, width, size[1]!, 2);
  return fill([batch, down.count, across.count, channels], ([b, y, x0, channel]) => {
    const pixels: Pixel[] = [];
    for (let dy = 0; dy < size[0]!; dy++)
      for (let dx = 0; dx < size[1]!; dx++) {
        const [row, column] = [y! * down.step - down.before + dy, x0! * across.step - across.before + dx];
        if (row < 0 || column < 0 || row >= height || column >= width) continue;
        pixels.push({ dy, dx, of: (from) => at(x, b!, row, column, from) });
      }
    return answer(pixels, channel!);
  });
}
type Pixel = { dy: number; dx: number; of: (channel: number) => number };

const runs: Record<string, Run> = {
  Conv2D: ([x, w], node) => [
    slide(x!, node, w!.dims, w!.dims[3]!, (pixels, to) => {
      let sum = 0;
      for (const { dy, dx, of } of pixels)
        for (let from = 0; from < w!.dims[2]!; from++) sum += of(from) * at(w!, dy, dx, from, to);
      return sum;
    }),
  ],
  DepthwiseConv2dNative: ([x, w], node) => [
    slide(x!, node, w!.dims, w!.dims[2]! * w!.dims[3]!, (pixels, to) => {
      const [from, times] = [Math.floor(to / w!.dims[3]!), to % w!.dims[3]!];
      return pixels.reduce((sum, { dy, dx, of }) => sum + of(from) * at(w!, dy, dx, from, times), 0);
    }),
  ],
  MaxPool: ([x], node) => [
    slide(x!, node, node.attributes.ints("ksize").slice(1, 3), x!.dims[3]!, (pixels, channel) =>
      Math.max(...pixels.map(({ of }) => of(channel))),
    ),
  ],
  FusedBatchNorm: ([x, gamma, beta, mean, variance], { attributes }) => [
    fill(x!.dims, (place) => {
      const c = place[3]!;
      return (
        (at(gamma!, c) * (at(x!, ...place) - at(mean!, c))) /
          Math.sqrt(at(variance!, c) + attributes.float("epsilon")) +
        at(beta!, c)
      );
    }),
  ],
  ResizeBilinear: ([x, size]) => {
    const [height, width] = Array.from(size!.data) as [number, number];
    const between = (from: number, to: number, index: number) => {
      const centre = Math.min(Math.max(((index + 0.5) * from) / to - 0.5, 0), from - 1);
      return { low: Math.floor(centre), high: Math.min(Math.floor(centre) + 1, from - 1), share: centre % 1 };
    };
    return [
      fill([x!.dims[0]!, height, width, x!.dims[3]!], ([b, y, column, c]) => {
        const v = between(x!.dims[1]!, height, y!);
        const h = between(x!.dims[2]!, width, column!);
        const row = (one: number) => at(x!, b!, one, h.low, c!) * (1 - h.share) + at(x!, b!, one, h.high, c!) * h.share;
        return row(v.low) * (1 - v.share) + row(v.high) * v.share;
      }),
    ];
  },
  Add: both((a, b) => a + b),
  AddV2: both((a, b) => a + b),
  BiasAdd: both((a, b) => a + b),
  Sub: both((a, b) => a - b),
  Mul: both((a, b) => a * b),
  RealDiv: both((a, b) => a / b),
  AddN: (all, node) => [all.reduce((sum, next) => both((a, b) => a + b)([sum, next], node)[0]!)],
  Relu: each((x) => Math.max(0, x)),
  Relu6: each((x) => Math.min(6, Math.max(0, x))),
  Sigmoid: each((x) => 1 / (1 + Math.exp(-x))),
  LeakyRelu: (inputs, node) => each((x) => (x < 0 ? x * node.attributes.float("alpha") : x))(inputs, node),
  Transpose: ([x, perm]) => {
    const order = Array.from(perm!.data);
    return [
      fill(
        order.map((axis) => x!.dims[axis]!),
        (place) => at(x!, ...x!.dims.map((_, axis) => place[order.indexOf(axis)]!)),
      ),
    ];
  },
  Pad: ([x, pads]) => padded(x!, pads!, 0),
  PadV2: ([x, pads, rest]) => padded(x!, pads!, rest!.data[0]!),
  ConcatV2: (all) => {
    const axis = all.at(-1)!.data[0]!;
    const parts = all.slice(0, -1);
    const dims = parts[0]!.dims.with(
      axis,
      parts.reduce((sum, part) => sum + part.dims[axis]!, 0),
    );
    return [
      fill(dims, (place) => {
        let left = place[axis]!;
        let part = parts[0]!;
        for (const next of parts.slice(1)) {
          if (left < part.dims[axis]!) break;
          left -= part.dims[axis]!;
          part = next;
        }
        return at(part, ...place.with(axis, left));
      }),
    ];
  },
  SplitV: ([x, sizes, axis]) => {
    let start = 0;
    return Array.from(sizes!.data).map((size) => {
      const from = start;
      start += size;
      const split = axis!.data[0]!;
      return fill(x!.dims.with(split, size), (place) => at(x!, ...place.with(split, place[split]! + from)));
    });
  },
  Reshape: ([x, shape]) => {
    const wanted = Array.from(shape!.data);
    const rest = x!.data.length / wanted.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
    return [{ dims: wanted.map((size) => (size === -1 ? rest : size)), data: x!.data }];
  },
  Squeeze: ([x], node) => [
    { dims: x!.dims.filter((_, axis) => !node.attributes.ints("squeeze_dims").includes(axis)), data: x!.data },
  ],
  ExpandDims: ([x, axis]) => [{ dims: x!.dims.toSpliced(axis!.data[0]!, 0, 1), data: x!.data }],
  Identity: ([x]) => [x!],
  Shape: ([x]) => [{ dims: [x!.dims.length], data: x!.dims }],
  StridedSlice: ([x, begin]) => [{ dims: [], data: [x!.data[begin!.data[0]!]!] }],
  Pack: (all) => [{ dims: [all.length], data: all.map(({ data }) => data[0]!) }],
  SparseToDense: ([places, shape, values, rest]) => {
    const dense = Array.from({ length: shape!.data[0]! }, () => rest!.data[0]!);
    for (const [index, place] of Array.from(places!.data).entries()) dense[place] = values!.data[index]!;
    return [{ dims: [dense.length], data: dense }];
  },
};

function padded(x: Values, pads: Values, rest: number): Values[] {
  const before = x.dims.map((_, axis) => at(pads, axis, 0));
  const dims = x.dims.map((size, axis) => size + before[axis]! + at(pads, axis, 1));
  return [
    fill(dims, (place) => {
      const from = place.map((one, axis) => one - before[axis]!);
      return from.every((one, axis) => one >= 0 && one < x.dims[axis]!) ? at(x, ...from) : rest;
    }),
  ];
}
