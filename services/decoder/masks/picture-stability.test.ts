import { describe, expect, it } from "vitest";
import { type Frame, frameFor } from "../../sam/frame.js";
import { traceMask } from "../../sam/masks/trace-mask.js";
import { uniform } from "../rewrite/parity-prompts.js";
import { PictureStability } from "./picture-stability.js";

const grid = (logit: (x: number, y: number) => number, size = 256) =>
  Float32Array.from({ length: size ** 2 }, (_, cell) => logit(cell % size, Math.floor(cell / size)));

/** A few discs with edges of different steepness, and noise on them. */
function blobs(seed: number, size = 256): Float32Array {
  const random = uniform(seed);
  const discs = Array.from({ length: 6 }, () => ({
    x: random() * size,
    y: random() * size,
    radius: (random() * size) / 5,
    slope: random() * 3,
  }));
  return grid(
    (x, y) =>
      Math.max(...discs.map((disc) => disc.slope * (disc.radius - Math.hypot(x - disc.x, y - disc.y)))) +
      random() -
      0.5,
    size,
  );
}

/** A traced mask at each cut has been shown to be that of a loop over all pixels. */
function tracedAreas(logits: Float32Array, frame: Frame, low: number, high: number) {
  return { low: traceMask(logits, frame, low).area, high: traceMask(logits, frame, high).area };
}

const cutAreas = (logits: Float32Array, frame: Frame, low: number, high: number) =>
  new PictureStability(frame).areas(logits, low, high);

describe("PictureStability: areas", () => {
  it.each([
    [1800, 1200],
    [800, 534],
    [333, 500],
    [4000, 3000],
    [64, 64],
    [37, 900],
    [5, 3],
    [1, 1],
  ])("counts the pixels of the masks at both cuts, %i x %i", (width, height) => {
    const frame = frameFor(width, height);
    for (let seed = 1; seed <= 4; seed++) {
      const logits = blobs(seed);
      expect(cutAreas(logits, frame, -1, 1), `seed ${seed}`).toEqual(tracedAreas(logits, frame, -1, 1));
      expect(cutAreas(logits, frame, -0.1, 0.1)).toEqual(tracedAreas(logits, frame, -0.1, 0.1));
    }
  });

  it("counts them where every cell differs from its neighbours", () => {
    const random = uniform(5);
    const frame = frameFor(700, 500);
    const logits = grid(() => 6 * (random() - 0.5));
    expect(cutAreas(logits, frame, -1, 1)).toEqual(tracedAreas(logits, frame, -1, 1));
  });

  it.each([
    { gridSize: 64, modelSize: 1024 },
    { gridSize: 256, modelSize: 256 },
    { gridSize: 256, modelSize: 100 },
    { gridSize: 2, modelSize: 8 },
    { resize: "stretch" as const },
  ])("holds for other grids and frames: $gridSize of $modelSize, $resize", (options) => {
    const frame = frameFor(300, 170, options);
    const logits = blobs(9, frame.gridSize);
    expect(cutAreas(logits, frame, -1, 1)).toEqual(tracedAreas(logits, frame, -1, 1));
  });

  it.each([
    [-9, 0, 0],
    [0.5, 1, 0],
    [-1, 0, 0],
    [9, 1, 1],
  ])("takes a picture of %f throughout for one thing", (logit, low, high) => {
    const pixels = 640 * 480;
    expect(
      cutAreas(
        grid(() => logit),
        frameFor(640, 480),
        -1,
        1,
      ),
    ).toEqual({ low: low * pixels, high: high * pixels });
  });

  it("refuses logits of another size, and those that are not finite", () => {
    const frame = frameFor(640, 480);
    expect(() => cutAreas(new Float32Array(7), frame, -1, 1)).toThrow(RangeError);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const logits = grid(() => 1);
      logits[700] = bad;
      expect(() => cutAreas(logits, frame, -1, 1)).toThrow(RangeError);
    }
  });
});

describe("PictureStability: score", () => {
  it("is the quotient of the areas, and 0 where there is nothing", () => {
    const frame = frameFor(1800, 1200);
    const logits = grid((x, y) => 0.5 * (40 - Math.hypot(x - 100, y - 90)));
    // Cut at +1 and -1, a slope of 0.5 moves the edge by 2 cells each way.
    const stability = new PictureStability(frame);
    expect(stability.score(logits, 1)).toBeCloseTo((38 / 42) ** 2, 3);
    expect(stability.score(logits, 0)).toBe(1);
    expect(
      stability.score(
        grid(() => -9),
        1,
      ),
    ).toBe(0);
  });
});
