import { describe, expect, it } from "vitest";
import { bitmapToRle, checkRuns, rleArea, rleBoundingBox, rleIou } from "../../../proto/index.js";
import { randomNumbers } from "../../../proto/testing/random-numbers.js";
import { axisSamples, type Frame, frameFor, type ResizeRule } from "../frame.js";
import { traceMask } from "./trace-mask.js";

const GRID = 256;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Logits [gridSize, gridSize] of a function of the grid's column and row. */
function grid(logit: (x: number, y: number) => number, size = GRID): Float32Array {
  const logits = new Float32Array(size * size);
  // Not Float32Array.from, which takes most of the time of all these tests.
  for (let at = 0; at < logits.length; at++) logits[at] = logit(at % size, Math.floor(at / size));
  return logits;
}

/** The same interpolation at every pixel of the picture: what the trace must give. */
function plainMask(logits: Float32Array, frame: Frame, threshold = 0): Uint8Array {
  const { pictureWidth: width, pictureHeight: height, gridSize } = frame;
  const [across, down] = [axisSamples(frame, "x"), axisSamples(frame, "y")];
  const nodes = ({ starts }: { starts: Uint32Array }, count: number) => {
    const of = new Uint32Array(count);
    for (let node = 0; node < starts.length - 1; node++) of.fill(node, starts[node], starts[node + 1]);
    return of;
  };
  const [columns, rows] = [nodes(across, width), nodes(down, height)];
  const logit = (x: number, y: number) => Math.fround(logits[y * gridSize + x]! - threshold);
  const [nodesAcross, nodesDown] = [across.nodeCells.length, down.nodeCells.length];
  // Once for each node: most lie at the corners of several pixels.
  const values = new Float32Array(nodesAcross * nodesDown);
  for (let j = 0; j < nodesDown; j++) {
    const y = down.nodeCells[j]!;
    const t = down.nodeWeights[j]!;
    for (let i = 0; i < nodesAcross; i++) {
      const x = across.nodeCells[i]!;
      const s = across.nodeWeights[i]!;
      const above = Math.fround(logit(x, y) * (1 - s) + logit(x + 1, y) * s);
      const below = Math.fround(logit(x, y + 1) * (1 - s) + logit(x + 1, y + 1) * s);
      values[j * nodesAcross + i] = above * (1 - t) + below * t;
    }
  }
  const bitmap = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const node = rows[y]! * nodesAcross + columns[x]!;
      const s = across.weights[x]!;
      const t = down.weights[y]!;
      const above = values[node]! * (1 - s) + values[node + 1]! * s;
      const below = values[node + nodesAcross]! * (1 - s) + values[node + nodesAcross + 1]! * s;
      bitmap[y * width + x] = above * (1 - t) + below * t > 0 ? 1 : 0;
    }
  }
  return bitmap;
}

/**
 * One bilinear resize with align_corners=False, row-major, as torch.nn.functional.interpolate does it.
 * @returns its first `columns` and `rows`.
 */
function resize(
  from: Float32Array,
  { width, height }: Size,
  to: Size,
  { width: columns, height: rows }: Size = to,
): Float32Array {
  const place = (i: number, size: number, toSize: number) => {
    const at = Math.max(0, ((i + 0.5) * size) / toSize - 0.5);
    const low = Math.min(Math.floor(at), size - 1);
    return { low, high: Math.min(low + 1, size - 1), weight: at - low };
  };
  const xs = Array.from({ length: columns }, (_, x) => place(x, width, to.width));
  const out = new Float32Array(columns * rows);
  for (let y = 0; y < rows; y++) {
    const { low, high, weight } = place(y, height, to.height);
    for (let x = 0; x < columns; x++) {
      const at = xs[x]!;
      const mix = (row: number) =>
        from[row * width + at.low]! * (1 - at.weight) + from[row * width + at.high]! * at.weight;
      out[y * columns + x] = mix(low) * (1 - weight) + mix(high) * weight;
    }
  }
  return out;
}

/** Meta's `Sam.postprocess_masks`, threshold 0: to the frame, crop to the content, to the picture. */
function twoStepMask(logits: Float32Array, frame: Frame): Uint8Array {
  const { modelSize, contentWidth, contentHeight, pictureWidth, pictureHeight, gridSize } = frame;
  const square = (side: number) => ({ width: side, height: side });
  const content = { width: contentWidth, height: contentHeight };
  const crop = resize(logits, square(gridSize), square(modelSize), content);
  const picture = resize(crop, content, { width: pictureWidth, height: pictureHeight });
  const bitmap = new Uint8Array(picture.length);
  for (let at = 0; at < bitmap.length; at++) bitmap[at] = picture[at]! > 0 ? 1 : 0;
  return bitmap;
}

/** Shapes as functions of a place in the content, both coordinates 0 to 1; logits as steep as the model's own. */
const shapes: Record<string, (x: number, y: number) => number> = {
  disc: (x, y) => 60 * (0.3 - Math.hypot(x - 0.45, y - 0.55)),
  ring: (x, y) => 60 * (0.12 - Math.abs(Math.hypot(x - 0.5, y - 0.5) - 0.3)),
  "half plane": (x, y) => 40 * (x + 0.7 * y - 0.8),
  waves: (x, y) => 8 * Math.sin(9 * x + 2) * Math.cos(7 * y) + 2 * Math.sin(23 * x * y),
  "blobs at the edges": (x, y) => 9 * Math.cos(6.3 * x) + 9 * Math.cos(6.3 * y) - 6,
};

function smooth(shape: (x: number, y: number) => number, frame: Frame): Float32Array {
  const unit = frame.modelSize / frame.gridSize;
  return grid((x, y) => shape(((x + 0.5) * unit) / frame.contentWidth, ((y + 0.5) * unit) / frame.contentHeight));
}

const sizes: [number, number][] = [
  [750, 1125],
  [640, 427],
  [300, 200],
  [1024, 1024],
  [257, 1023],
  [3, 1000],
  [1000, 3],
  [2, 2],
  [1, 1],
];

function expectPlain(logits: Float32Array, frame: Frame, threshold = 0): void {
  const traced = traceMask(logits, frame, threshold);
  const { runs } = bitmapToRle(plainMask(logits, frame, threshold), frame.pictureWidth, frame.pictureHeight);
  // Not toEqual: on a difference it would print all runs.
  expect(traced.runs.length === runs.length && traced.runs.every((run, at) => run === runs[at])).toBe(true);
  checkRuns(traced);
  expect(traced.area).toBe(rleArea(traced));
  expect(traced.box).toEqual(rleBoundingBox(traced));
}

describe.each(sizes)("a picture of %i x %i", (width, height) => {
  for (const resizeRule of ["letterbox", "stretch"] satisfies ResizeRule[]) {
    const frame = frameFor(width, height, { resize: resizeRule });

    it.each(Object.entries(shapes))(`${resizeRule}: %s is the plain loop's mask, pixel for pixel`, (_name, shape) => {
      expectPlain(smooth(shape, frame), frame);
    });

    it.each(Object.entries(shapes))(`${resizeRule}: %s is Meta's two-step mask but for the edge`, (_name, shape) => {
      const logits = smooth(shape, frame);
      const traced = traceMask(logits, frame);
      const meta = bitmapToRle(twoStepMask(logits, frame), width, height);
      if (traced.area > 500) expect(rleIou(traced, meta)).toBeGreaterThanOrEqual(0.995);
      else expect(Math.abs(traced.area - rleArea(meta))).toBeLessThanOrEqual(Math.max(2, 0.05 * traced.area));
    });
  }
});

describe("pixel for pixel the plain loop's mask", () => {
  const frames = sizes.slice(1).map(([width, height]) => frameFor(width, height));

  it("on noise, where every piece may change", () => {
    const next = randomNumbers(1);
    for (const frame of frames)
      expectPlain(
        grid(() => next() * 2 - 1),
        frame,
      );
  });

  it("on whole numbers, where many values and crossings are exactly 0", () => {
    const next = randomNumbers(2);
    for (const frame of frames)
      expectPlain(
        grid(() => Math.round(next() * 4 - 2)),
        frame,
      );
  });

  it("on magnitudes far apart, where crossings crowd at one end", () => {
    const next = randomNumbers(3);
    for (const frame of frames)
      expectPlain(
        grid(() => (next() - 0.5) * 10 ** (next() * 60 - 30)),
        frame,
      );
  });

  it("on logits that are the threshold or next to it", () => {
    const next = randomNumbers(4);
    const near = [0.1, Math.fround(0.1), Math.fround(0.1) + 2 ** -27, 0.5, 0];
    const logits = grid(() => near[Math.floor(next() * near.length)]!);
    for (const frame of frames) expectPlain(logits, frame, 0.1);
  });

  it("on small grids and pictures", () => {
    const next = randomNumbers(5);
    for (let round = 0; round < 300; round++) {
      const gridSize = 2 + Math.floor(next() * 6);
      const frame = frameFor(1 + Math.floor(next() * 60), 1 + Math.floor(next() * 60), {
        modelSize: 1 + Math.floor(next() * 40),
        gridSize,
        resize: next() < 0.5 ? "letterbox" : "stretch",
      });
      expectPlain(
        grid(() => next() - 0.5, gridSize),
        frame,
        next() < 0.5 ? 0 : next() - 0.5,
      );
    }
  });
});

describe("traceMask", () => {
  const frame = frameFor(640, 427);

  it("gives nothing for logits at the threshold, and everything just above it", () => {
    const empty = traceMask(
      grid(() => 1),
      frame,
      1,
    );
    expect(empty).toMatchObject({ area: 0, box: { x: 0, y: 0, width: 0, height: 0 } });
    expect(empty.runs).toEqual(Uint32Array.of(640 * 427));
    const full = traceMask(
      grid(() => 1.5),
      frame,
      1,
    );
    expect(full).toMatchObject({ area: 640 * 427, box: { x: 0, y: 0, width: 640, height: 427 } });
    expect(full.runs).toEqual(Uint32Array.of(0, 640 * 427));
  });

  it("sees only the content of a letterboxed frame", () => {
    const padding = grid((_x, y) => (y * 4 >= frame.contentHeight + 4 ? 10 : -10));
    expect(traceMask(padding, frame).area).toBe(0);
  });

  it("puts an edge half way between two grid rows where their logits say so", () => {
    // A picture of the frame's own size: grid row j has its centre at pixel 4 j + 1.5.
    const square = frameFor(1024, 1024);
    const { box } = traceMask(
      grid((_x, y) => (y < 100 ? -1 : 1)),
      square,
    );
    expect(box).toEqual({ x: 0, y: 400, width: 1024, height: 624 });
  });

  it("reads a view into a larger tensor", () => {
    const tensor = new Float32Array(3 * GRID * GRID).fill(-1);
    tensor.fill(1, GRID * GRID, 2 * GRID * GRID);
    expect(traceMask(tensor.subarray(GRID * GRID, 2 * GRID * GRID), frame).area).toBe(640 * 427);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("refuses %d", (bad) => {
    const logits = grid(() => -1);
    logits[GRID * GRID - 1] = bad;
    expect(() => traceMask(logits, frame)).toThrow("not finite");
  });

  it("refuses another number of logits", () => {
    expect(() => traceMask(new Float32Array(10), frame)).toThrow(RangeError);
  });
});
