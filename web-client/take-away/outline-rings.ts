import type { MaskRuns } from "../../proto/index.js";
import { type Outline, traceOutlines } from "../canvas/contour.js";

/** The outlines of a mask in pixels of the picture, those around it and those around its holes. */
export interface Rings {
  readonly outer: readonly Outline[];
  readonly holes: readonly Outline[];
}

export function ringsOf(mask: MaskRuns): Rings {
  const outlines = traceOutlines(mask);
  return {
    // The object lies to the right of the way, so a hole is walked the other way round.
    outer: outlines.filter((ring) => signedArea(ring) > 0),
    holes: outlines.filter((ring) => signedArea(ring) < 0),
  };
}

/**
 * Fewer points for a closed line: what is left out lies within `tolerance` pixels of what stays (Douglas and Peucker's
 * algorithm, between the first point and the one farthest from it). Undefined where fewer than three points are left.
 */
export function simplifyRing(ring: Outline, tolerance: number): Outline | undefined {
  const count = ring.length / 2;
  if (count < 3) return undefined;
  let far = 0;
  for (let i = 1, most = -1; i < count; i++) {
    const away = (ring[2 * i]! - ring[0]!) ** 2 + (ring[2 * i + 1]! - ring[1]!) ** 2;
    if (away > most) [most, far] = [away, i];
  }
  const keeps = new Uint8Array(count);
  keeps[0] = 1;
  keeps[far] = 1;
  // A stack instead of recursion: outlines have tens of thousands of points. The end of the ring is its beginning.
  const spans = [
    [0, far],
    [far, count],
  ];
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [from, to] = span as [number, number];
    let [worst, at] = [tolerance * tolerance, -1];
    for (let i = from + 1; i < to; i++) {
      const off = squaredDistance(ring, i, from, to % count);
      if (off > worst) [worst, at] = [off, i];
    }
    if (at < 0) continue;
    keeps[at] = 1;
    spans.push([from, at], [at, to]);
  }
  const kept: number[] = [];
  for (let i = 0; i < count; i++) if (keeps[i] === 1) kept.push(ring[2 * i]!, ring[2 * i + 1]!);
  return kept.length < 6 ? undefined : Float32Array.from(kept);
}

/** Of point i from the stretch between two others. */
function squaredDistance(ring: Outline, i: number, from: number, to: number): number {
  const [x, y] = [ring[2 * i]!, ring[2 * i + 1]!];
  const [ax, ay] = [ring[2 * from]!, ring[2 * from + 1]!];
  const [dx, dy] = [ring[2 * to]! - ax, ring[2 * to + 1]! - ay];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
  return (x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2;
}

function signedArea(ring: Outline): number {
  let twice = 0;
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    twice += ring[i]! * ring[j + 1]! - ring[j]! * ring[i + 1]!;
  }
  return twice / 2;
}
