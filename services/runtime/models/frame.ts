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

export interface FrameOptions {
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

/** For every picture pixel along one axis, which two neighbours of the mask grid it lies between, and where. */
export interface AxisSamples {
  /** Weight of the neighbour `cell + 1`, 0 to 1 and never falling within a cell; the neighbour `cell` has the rest. */
  readonly weights: Float64Array;
  /** Pixels `starts[cell] <= i < starts[cell + 1]` lie between the grid's `cell` and `cell + 1`; `gridSize` entries. */
  readonly starts: Uint32Array;
  /** Grid cells a pixel: `(pixel + 0.5) * step - 0.5` is a pixel's place on the grid where no edge clamps it. */
  readonly step: number;
}

/**
 * Sampling positions of Meta's two resizes (`Sam.postprocess_masks`: grid to frame, crop, frame to picture, both
 * bilinear with align_corners=False) as one: pixel centre to model pixel `(i + 0.5) * content / picture - 0.5`, clamped
 * to the content, then to the grid `(u + 0.5) * gridSize / modelSize - 0.5`, clamped to the grid.
 * @throws RangeError when the grid has fewer than two cells a side.
 */
export function axisSamples(frame: Frame, axis: "x" | "y"): AxisSamples {
  const { gridSize, modelSize } = frame;
  if (gridSize < 2) throw new RangeError("The mask grid must have at least two cells a side.");
  const picture = axis === "x" ? frame.pictureWidth : frame.pictureHeight;
  const content = axis === "x" ? frame.contentWidth : frame.contentHeight;
  const modelStep = content / picture;
  const gridStep = gridSize / modelSize;
  const weights = new Float64Array(picture);
  const starts = new Uint32Array(gridSize).fill(picture);
  starts[0] = 0;
  let last = 0;
  for (let i = 0; i < picture; i++) {
    const u = Math.min(Math.max((i + 0.5) * modelStep - 0.5, 0), content - 1);
    const g = Math.min(Math.max((u + 0.5) * gridStep - 0.5, 0), gridSize - 1);
    const cell = Math.min(Math.floor(g), gridSize - 2);
    weights[i] = g - cell;
    while (last < cell) starts[++last] = i;
  }
  return { weights, starts, step: modelStep * gridStep };
}
