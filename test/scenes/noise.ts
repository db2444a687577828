import { scramble } from "./sampler.js";

const SIZE = 256;
const VALUES = Float32Array.from({ length: SIZE }, (_, i) => scramble(i + 1) / 4294967296);
const ORDER = shuffled();

function shuffled(): Uint8Array {
  const order = Uint8Array.from({ length: SIZE * 2 }, (_, i) => i & (SIZE - 1));
  for (let i = SIZE - 1; i > 0; i--) {
    const j = scramble(i + 7919) % (i + 1);
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  order.copyWithin(SIZE, 0, SIZE);
  return order;
}

const corner = (x: number, y: number, z: number): number => ORDER[ORDER[ORDER[x & 255]! + (y & 255)]! + (z & 255)]!;

const ease = (t: number): number => t * t * t * (t * (t * 6 - 15) + 10);

/** Smooth value noise in [0, 1), one feature per unit. */
export function noise(x: number, y: number, z: number): number {
  const ix = Math.floor(x);
  const iy = Math.floor(y);
  const iz = Math.floor(z);
  const u = ease(x - ix);
  const v = ease(y - iy);
  const w = ease(z - iz);
  let total = 0;
  for (let k = 0; k < 8; k++) {
    const a = k & 1;
    const b = (k >> 1) & 1;
    const c = k >> 2;
    const weight = (a ? u : 1 - u) * (b ? v : 1 - v) * (c ? w : 1 - w);
    total += weight * VALUES[corner(ix + a, iy + b, iz + c)]!;
  }
  return total;
}

/** Octaves of noise, each twice as fine and half as strong; in [0, 1). */
export function fractal(x: number, y: number, z: number, octaves: number): number {
  let sum = 0;
  let weight = 0.5;
  let reach = 0;
  let f = 1;
  for (let i = 0; i < octaves; i++) {
    sum += weight * noise(x * f + i * 17.3, y * f + i * 9.1, z * f + i * 5.7);
    reach += weight;
    weight *= 0.5;
    f *= 2.03;
  }
  return sum / reach;
}

/** Distance to the nearest of one random point a cell: speckles, pores, leaves. */
export function speckle(x: number, y: number, z: number): number {
  const ix = Math.floor(x);
  const iy = Math.floor(y);
  const iz = Math.floor(z);
  let nearest = 4;
  for (let k = 0; k < 27; k++) {
    const cx = ix + (k % 3) - 1;
    const cy = iy + (Math.floor(k / 3) % 3) - 1;
    const cz = iz + Math.floor(k / 9) - 1;
    const h = corner(cx, cy, cz);
    const dx = cx + VALUES[h]! - x;
    const dy = cy + VALUES[(h + 85) & 255]! - y;
    const dz = cz + VALUES[(h + 170) & 255]! - z;
    const d = dx * dx + dy * dy + dz * dz;
    if (d < nearest) nearest = d;
  }
  return Math.sqrt(nearest);
}
