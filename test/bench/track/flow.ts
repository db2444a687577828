/** Grey values of a picture made small, row by row. */
export interface Grey {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** Where the pixels of a picture were in another: pixels to the right and down. */
export interface Flow {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

const patch = 8;
const stride = 4;
const turns = 8;

/**
 * Optical flow by patches that are laid over each other: each is moved, from coarse pictures to fine ones, until it fits (inverse
 * search of Lucas and Kanade), and a pixel goes where the patches that hold it go (after Kroeger et al., "Fast Optical Flow using Dense
 * Inverse Search", 2016, without its last refinement). @returns for each pixel of `to` where it was in `from`.
 */
export function flowBetween(to: Grey, from: Grey): Flow {
  if (Math.min(to.width, to.height) < 3 * patch) return dense(to, from, undefined);
  const coarse = flowBetween(half(to), half(from));
  return dense(to, from, coarse);
}

function dense(to: Grey, from: Grey, coarse: Flow | undefined): Flow {
  const { width, height } = to;
  const size = width * height;
  const [sumX, sumY, weights] = [new Float32Array(size), new Float32Array(size), new Float32Array(size)];
  for (let top = 0; top + patch <= height; top += stride) {
    for (let left = 0; left + patch <= width; left += stride) {
      const middle = Math.min(
        coarse ? coarse.x.length - 1 : 0,
        ((top + patch / 2) >> 1) * (width >> 1) + ((left + patch / 2) >> 1),
      );
      const start = coarse ? ([2 * coarse.x[middle]!, 2 * coarse.y[middle]!] as const) : ([0, 0] as const);
      const { x, y, error } = settle(to, from, left, top, start);
      const weight = 1 / (1 + error);
      for (let row = top; row < top + patch; row++) {
        for (let at = row * width + left; at < row * width + left + patch; at++) {
          sumX[at]! += weight * x;
          sumY[at]! += weight * y;
          weights[at]! += weight;
        }
      }
    }
  }
  const mean = (sums: Float32Array) => sums.map((sum, at) => (weights[at]! > 0 ? sum / weights[at]! : 0));
  return { x: mean(sumX), y: mean(sumY) };
}

/** Moves one patch. */
function settle(to: Grey, from: Grey, left: number, top: number, [startX, startY]: readonly [number, number]) {
  let [xx, xy, yy] = [1e-3, 0, 1e-3];
  const slopes: [number, number, number][] = [];
  for (let row = top; row < top + patch; row++) {
    for (let column = left; column < left + patch; column++) {
      const dx = (valueAt(to, column + 1, row) - valueAt(to, column - 1, row)) / 2;
      const dy = (valueAt(to, column, row + 1) - valueAt(to, column, row - 1)) / 2;
      slopes.push([dx, dy, valueAt(to, column, row)]);
      [xx, xy, yy] = [xx + dx * dx, xy + dx * dy, yy + dy * dy];
    }
  }
  const scale = 1 / Math.max(1e-6, xx * yy - xy * xy);
  let [x, y, error] = [startX, startY, 0];
  for (let turn = 0; turn < turns; turn++) {
    let [bx, by] = [0, 0];
    error = 0;
    for (const [at, [dx, dy, value]] of slopes.entries()) {
      const off = valueAt(from, left + (at % patch) + x, top + Math.floor(at / patch) + y) - value;
      [bx, by, error] = [bx + dx * off, by + dy * off, error + Math.abs(off)];
    }
    [x, y] = [x - (yy * bx - xy * by) * scale, y - (xx * by - xy * bx) * scale];
  }
  const isLost = Math.hypot(x - startX, y - startY) > patch;
  return { x: isLost ? startX : x, y: isLost ? startY : y, error: error / patch ** 2 };
}

/** Bilinear, of the nearest pixel beyond the edges. */
export function valueAt({ width, height, values }: Grey, x: number, y: number): number {
  const [px, py] = [Math.min(Math.max(x, 0), width - 1), Math.min(Math.max(y, 0), height - 1)];
  const [left, top] = [Math.floor(px), Math.floor(py)];
  const [right, below] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
  const [u, v] = [px - left, py - top];
  const upper = values[top * width + left]! * (1 - u) + values[top * width + right]! * u;
  const lower = values[below * width + left]! * (1 - u) + values[below * width + right]! * u;
  return upper * (1 - v) + lower * v;
}

function half(grey: Grey): Grey {
  const [width, height] = [grey.width >> 1, grey.height >> 1];
  const values = Float32Array.from({ length: width * height }, (_, at) =>
    valueAt(grey, 2 * (at % width) + 0.5, 2 * Math.floor(at / width) + 0.5),
  );
  return { width, height, values };
}
