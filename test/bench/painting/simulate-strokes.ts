import type { MaskRuns } from "../../../proto/index.js";
import { coverPolygon, coverStroke } from "../../../web-client/geometry/cover.js";
import { deepestPoint, type Pixel } from "../../scenes/deepest-point.js";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Strokes as a hand paints them roughly over a part of an object, as the page covers pixels with them. */
export function strokesOver(truth: Uint8Array, size: Size): Record<"line" | "dab" | "scribble", MaskRuns> | undefined {
  const middle = deepestPoint(truth, size.width, size.height);
  if (middle === undefined) return undefined;
  const { x: alongX, y: alongY } = principalAxis(truth, size);
  const isInside = ({ x, y }: Pixel) => {
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const isOn = column >= 0 && row >= 0 && column < size.width && row < size.height;
    return isOn && truth[row * size.width + column] === 1;
  };
  const reach = (x: number, y: number) => {
    let far = 0;
    while (isInside({ x: middle.x + x * (far + 1), y: middle.y + y * (far + 1) })) far++;
    return far;
  };
  const depth = Math.max(2, Math.min(reach(1, 0), reach(-1, 0), reach(0, 1), reach(0, -1)));
  /** From a share of the way to one edge to the same share of the way to the other. */
  const way = (share: number, sideways: number, radius: number, steps: number) => {
    const [back, ahead] = [-share * reach(-alongX, -alongY), share * reach(alongX, alongY)];
    return Array.from({ length: steps + 1 }, (_, step) => {
      const along = back + ((ahead - back) * step) / steps;
      const beside = step % 2 === 0 ? sideways : -sideways;
      return {
        x: middle.x + 0.5 + along * alongX - beside * alongY,
        y: middle.y + 0.5 + along * alongY + beside * alongX,
        radius,
      };
    });
  };
  return {
    line: coverStroke(way(0.7, 0, depth / 3, 8), size),
    dab: coverStroke([{ x: middle.x + 0.5, y: middle.y + 0.5, radius: depth / 2 }], size),
    scribble: coverStroke(way(0.6, depth / 2, depth / 5, 9), size),
  };
}

/** Lassos as a hand draws them roughly round an object. */
export function lassosRound(truth: Uint8Array, size: Size): Record<"hull" | "ellipse", MaskRuns> {
  const hull = convexHull(edgePixels(truth, size));
  const middle = {
    x: hull.reduce((sum, { x }) => sum + x, 0) / hull.length,
    y: hull.reduce((sum, { y }) => sum + y, 0) / hull.length,
  };
  const [xs, ys] = [hull.map(({ x }) => x), hull.map(({ y }) => y)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const ellipse = Array.from({ length: 48 }, (_, at) => {
    const angle = (at / 48) * 2 * Math.PI;
    return {
      x: (left + right) / 2 + 0.62 * (right - left) * Math.cos(angle),
      y: (top + bottom) / 2 + 0.62 * (bottom - top) * Math.sin(angle),
    };
  });
  const grown = hull.map(({ x, y }) => ({ x: middle.x + 1.06 * (x - middle.x), y: middle.y + 1.06 * (y - middle.y) }));
  return { hull: coverPolygon(grown, size), ellipse: coverPolygon(ellipse, size) };
}

/** The direction in which a shape is longest, of length 1, by its second moments. */
function principalAxis(bitmap: Uint8Array, { width }: Size): { x: number; y: number } {
  let [count, sumX, sumY, sumXX, sumYY, sumXY] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < bitmap.length; i++) {
    if (bitmap[i] !== 1) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    count++;
    sumX += x;
    sumY += y;
    sumXX += x * x;
    sumYY += y * y;
    sumXY += x * y;
  }
  const across = sumXX / count - (sumX / count) ** 2;
  const down = sumYY / count - (sumY / count) ** 2;
  const both = sumXY / count - (sumX / count) * (sumY / count);
  const angle = Math.atan2(2 * both, across - down) / 2;
  return { x: Math.cos(angle), y: Math.sin(angle) };
}

/** The first and the last pixel of each row: enough for the hull. */
function edgePixels(bitmap: Uint8Array, { width, height }: Size): Pixel[] {
  const pixels: Pixel[] = [];
  for (let y = 0; y < height; y++) {
    const row = bitmap.subarray(y * width, (y + 1) * width);
    const first = row.indexOf(1);
    if (first < 0) continue;
    const last = row.lastIndexOf(1) + 1;
    pixels.push({ x: first, y }, { x: first, y: y + 1 }, { x: last, y }, { x: last, y: y + 1 });
  }
  return pixels;
}

/** By Andrew's monotone chain. */
function convexHull(pixels: readonly Pixel[]): Pixel[] {
  const sorted = pixels.toSorted((a, b) => a.x - b.x || a.y - b.y);
  const half = (points: readonly Pixel[]) => {
    const chain: Pixel[] = [];
    for (const point of points) {
      while (chain.length > 1 && turn(chain.at(-2) as Pixel, chain.at(-1) as Pixel, point) <= 0) chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.toReversed())];
}

const turn = (a: Pixel, b: Pixel, c: Pixel) => (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
