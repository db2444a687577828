/** The geometry between the upright picture's pixels and the model's padded square frame and mask grid. */

/** How a picture is fitted into the model's square input. */
export type ResizeRule =
  /** SAM: the longer side becomes the frame's, the rest is padding on the right or at the bottom. */
  | "letterbox"
  /** SAM 2: both sides become the frame's, each by its own factor. */
  | "stretch";

/** Where one picture lies in the model's frame. */
export interface Frame {
  /** Pixels of the upright picture. */
  readonly pictureWidth: number;
  readonly pictureHeight: number;
  /** Side of the model's square input, in model pixels. */
  readonly modelSize: number;
  /** The part of that square that holds the picture, from its top left corner, in model pixels. */
  readonly contentWidth: number;
  readonly contentHeight: number;
  /** Side of the square grid of mask logits, which covers the whole frame. */
  readonly gridSize: number;
}

interface FrameOptions {
  readonly modelSize?: number;
  readonly gridSize?: number;
  readonly resize?: ResizeRule;
}

/**
 * The frame of a picture of `width * height` pixels. Letterbox rounds as Meta's `ResizeLongestSide.get_preprocess_shape`
 * (segment_anything/utils/transforms.py): `int(side * scale + 0.5)`. A side that would round to nothing is one pixel.
 * @throws RangeError when a size is not a positive whole number.
 */
export function frameFor(width: number, height: number, options: FrameOptions = {}): Frame {
  const { modelSize = 1024, gridSize = 256, resize = "letterbox" } = options;
  for (const side of [width, height, modelSize, gridSize]) {
    if (!Number.isSafeInteger(side) || side < 1) throw new RangeError(`A side of ${side} pixels is no picture's.`);
  }
  const scale = modelSize / Math.max(width, height);
  const resized = (side: number) => (resize === "stretch" ? modelSize : Math.max(1, Math.floor(side * scale + 0.5)));
  return {
    pictureWidth: width,
    pictureHeight: height,
    modelSize,
    contentWidth: resized(width),
    contentHeight: resized(height),
    gridSize,
  };
}

/** What of a model's interface says where pictures lie in its frame. */
interface PromptFrame {
  /** Side of the frame that prompts are given in, in pixels. */
  readonly side: number;
  readonly maskGrid: number;
  readonly resize: ResizeRule;
}

/**
 * Where prompts and masks of a picture lie. A letterbox model's logits go through its frame, of which the part is cut out
 * that holds the picture; those of a stretched picture go straight to its size (SAM 2's `postprocess_masks`), so that their
 * frame is the grid itself. @throws RangeError as `frameFor`.
 */
export function promptFrame({ width, height }: { width: number; height: number }, model: PromptFrame): Frame {
  const { side, maskGrid, resize } = model;
  return frameFor(width, height, { modelSize: resize === "stretch" ? maskGrid : side, gridSize: maskGrid, resize });
}

/**
 * A point of the picture in model pixels, as Meta's `ResizeLongestSide.apply_coords`: each coordinate times the ratio
 * of the rounded sides. The half pixel to a pixel's centre is added inside the model.
 */
export function toModel(frame: Frame, x: number, y: number): { x: number; y: number } {
  return {
    x: x * (frame.contentWidth / frame.pictureWidth),
    y: y * (frame.contentHeight / frame.pictureHeight),
  };
}

/** How many columns and rows of the mask grid have their centre inside the picture; at least one each. */
export function contentGrid(frame: Frame): { columns: number; rows: number } {
  const cells = (side: number) => Math.max(1, Math.floor((side * frame.gridSize) / frame.modelSize + 0.5));
  return { columns: cells(frame.contentWidth), rows: cells(frame.contentHeight) };
}

/**
 * Where a picture's pixels lie along one axis between nodes: places of the frame between which Meta's two resizes
 * together are one straight line. Values at the nodes come from the mask grid, values at the pixels from the nodes.
 */
export interface AxisSamples {
  /** For each node (two or more) its neighbour on the mask grid; the other one is the next. */
  readonly nodeCells: Uint32Array;
  /** For each node the weight of that other one, 0 to 1; the first has the rest. */
  readonly nodeWeights: Float64Array;
  /** For each pixel the weight of the node behind it, 0 to 1 and never falling between two nodes. */
  readonly weights: Float64Array;
  /** Pixels `starts[node] <= i < starts[node + 1]` lie between `node` and `node + 1`; one entry a node. */
  readonly starts: Uint32Array;
}

/**
 * Sampling positions of Meta's two resizes (`Sam.postprocess_masks`: grid to frame, crop, frame to picture, both
 * bilinear with align_corners=False). The first puts model pixel u at `(u + 0.5) * gridSize / modelSize - 0.5` on the
 * grid, clamped to it, and is a straight line within a cell; the second puts picture pixel i at
 * `(i + 0.5) * content / picture - 0.5`, clamped to the content, and is a straight line between two model pixels. Both
 * together are straight between the first and the last model pixel of a cell, and from there to the next cell's first:
 * those are the nodes.
 * @throws RangeError when the grid has fewer than two cells a side.
 */
export function axisSamples(frame: Frame, axis: "x" | "y"): AxisSamples {
  const { gridSize, modelSize } = frame;
  if (gridSize < 2) throw new RangeError("The mask grid must have at least two cells a side.");
  const picture = axis === "x" ? frame.pictureWidth : frame.pictureHeight;
  const content = axis === "x" ? frame.contentWidth : frame.contentHeight;
  const onGrid = (u: number) => ((u + 0.5) * gridSize) / modelSize - 0.5;
  // Beyond the outermost centres the grid is clamped: a piece of its own at either end.
  const pieceOf = (u: number) => Math.min(Math.max(Math.floor(onGrid(u)), -1), gridSize - 1);
  const nodes: number[] = [];
  for (let u = 0; u < content; u++) {
    const isEnd = u === 0 || u === content - 1;
    if (isEnd || pieceOf(u - 1) !== pieceOf(u) || pieceOf(u + 1) !== pieceOf(u)) nodes.push(u);
  }
  if (nodes.length === 1) nodes.push(0);

  const places = nodes.map((u) => Math.min(Math.max(onGrid(u), 0), gridSize - 1));
  const nodeCells = Uint32Array.from(places, (place) => Math.min(Math.floor(place), gridSize - 2));
  const nodeWeights = Float64Array.from(places, (place, node) => place - nodeCells[node]!);
  const weights = new Float64Array(picture);
  const starts = new Uint32Array(nodes.length).fill(picture);
  starts[0] = 0;
  let node = 0;
  for (let i = 0; i < picture; i++) {
    const u = Math.min(Math.max(((i + 0.5) * content) / picture - 0.5, 0), content - 1);
    while (node < nodes.length - 2 && nodes[node + 1]! <= u) starts[++node] = i;
    const span = nodes[node + 1]! - nodes[node]!;
    weights[i] = span > 0 ? (u - nodes[node]!) / span : 0;
  }
  return { nodeCells, nodeWeights, weights, starts };
}
