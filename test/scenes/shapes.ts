// Signed distances to simple shapes around the origin, negative inside. Exact or a lower bound, as ray marching needs.

import { clamp } from "./vector.js";

export type Distance = (x: number, y: number, z: number) => number;

export const ball = (x: number, y: number, z: number, radius: number): number =>
  Math.sqrt(x * x + y * y + z * z) - radius;

/** An ellipsoid of half axes a, b, c: first-order distance, good near the surface. */
export function egg(x: number, y: number, z: number, a: number, b: number, c: number): number {
  const px = x / a;
  const py = y / b;
  const pz = z / c;
  const k0 = Math.sqrt(px * px + py * py + pz * pz);
  const qx = px / a;
  const qy = py / b;
  const qz = pz / c;
  const k1 = Math.sqrt(qx * qx + qy * qy + qz * qz);
  return k1 < 1e-9 ? -Math.min(a, b, c) : (k0 * (k0 - 1)) / k1;
}

/** A box of half sizes a, b, c (its rounding included) with edges rounded by r. */
export function box(x: number, y: number, z: number, a: number, b: number, c: number, r: number): number {
  const qx = Math.abs(x) - a + r;
  const qy = Math.abs(y) - b + r;
  const qz = Math.abs(z) - c + r;
  const ox = Math.max(qx, 0);
  const oy = Math.max(qy, 0);
  const oz = Math.max(qz, 0);
  return Math.sqrt(ox * ox + oy * oy + oz * oz) + Math.min(Math.max(qx, qy, qz), 0) - r;
}

/** A cylinder along y with half height b and edges rounded by r. */
export function drum(x: number, y: number, z: number, radius: number, b: number, r: number): number {
  const qr = Math.sqrt(x * x + z * z) - radius + r;
  const qy = Math.abs(y) - b + r;
  const or = Math.max(qr, 0);
  const oy = Math.max(qy, 0);
  return Math.sqrt(or * or + oy * oy) + Math.min(Math.max(qr, qy), 0) - r;
}

/** A ring in the xy plane. */
export function ring(x: number, y: number, z: number, radius: number, thickness: number): number {
  const q = Math.sqrt(x * x + y * y) - radius;
  return Math.sqrt(q * q + z * z) - thickness;
}

/** A rod from a to b, r0 thick at a and r1 at b, round at both ends. */
export function rod(
  x: number,
  y: number,
  z: number,
  a: readonly [number, number, number],
  b: readonly [number, number, number],
  r0: number,
  r1 = r0,
): number {
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const dz = b[2] - a[2];
  const px = x - a[0];
  const py = y - a[1];
  const pz = z - a[2];
  const t = clamp((px * dx + py * dy + pz * dz) / (dx * dx + dy * dy + dz * dz), 0, 1);
  const ex = px - dx * t;
  const ey = py - dy * t;
  const ez = pz - dz * t;
  return Math.sqrt(ex * ex + ey * ey + ez * ez) - (r0 + (r1 - r0) * t);
}

/** Two shapes as one, with the seam filled over a width of k. */
export function melt(a: number, b: number, k: number): number {
  const h = k - Math.abs(a - b);
  return Math.min(a, b) - (h > 0 ? (h * h) / (4 * k) : 0);
}

/** Shape a with shape b taken away, the rim rounded over a width of k. */
export const carve = (a: number, b: number, k: number): number => -melt(-a, b, k);
