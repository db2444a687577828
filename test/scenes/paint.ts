import type { Paint, Surface } from "./body.js";
import { fractal, noise } from "./noise.js";
import { type Colour, colour } from "./rgb.js";
import type { Distance } from "./shapes.js";
import { clamp, fade, mix } from "./vector.js";

export function tint(s: Surface, [r, g, b]: Colour, k = 1): void {
  s.r = r * k;
  s.g = g * k;
  s.b = b * k;
}

/** Paints over what is there, fully where the amount is 1. */
export function cover(s: Surface, [r, g, b]: Colour, amount: number): void {
  const t = clamp(amount, 0, 1);
  s.r = mix(s.r, r, t);
  s.g = mix(s.g, g, t);
  s.b = mix(s.b, b, t);
}

export function polish(s: Surface, gloss: number, rough: number): void {
  s.gloss = gloss;
  s.rough = rough;
}

/** Tilts the normal as if the surface were raised by `height` (in scene units). */
export function emboss(s: Surface, height: Distance): void {
  if (!s.fine) return;
  const h = 0.006;
  const base = height(s.x, s.y, s.z);
  const gx = (height(s.x + h, s.y, s.z) - base) / h;
  const gy = (height(s.x, s.y + h, s.z) - base) / h;
  const gz = (height(s.x, s.y, s.z + h) - base) / h;
  const along = gx * s.nx + gy * s.ny + gz * s.nz;
  s.nx -= gx - along * s.nx;
  s.ny -= gy - along * s.ny;
  s.nz -= gz - along * s.nz;
}

/** Glazed pottery: an even colour that thins a little over edges and pools a little below. */
export function glaze(hex: string, rough = 0.16): Paint {
  const base = colour(hex);
  return (s) => {
    const cloud = fractal(s.x * 1.7, s.y * 1.7, s.z * 1.7, 3);
    tint(s, base, 0.86 + 0.28 * cloud);
    polish(s, 0.045, rough);
    emboss(s, (x, y, z) => 0.006 * noise(x * 3, y * 3, z * 3));
  };
}

/** Painted or varnished wood along x: fibres, slow colour drift, fine pores. */
export function grain(s: Surface, x: number, y: number, z: number, light: Colour, dark: Colour): void {
  const bend = 0.5 * noise(x * 0.35, y * 1.3, z * 1.3) + 0.12 * noise(x * 1.1, y * 4, z * 4);
  const ring = Math.abs(((((z * 1.9 + y * 1.5 + bend * 4.2) % 1) + 1) % 1) - 0.5) * 2;
  const fibre = fractal(x * 1.2, y * 26, z * 26, 3);
  tint(s, light);
  cover(s, dark, 0.5 * fade(0.25, 1, ring) + 0.55 * fade(0.45, 0.85, fibre));
  if (s.fine)
    cover(s, [dark[0] * 0.5, dark[1] * 0.5, dark[2] * 0.5], 0.5 * fade(0.74, 0.9, noise(x * 4, y * 70, z * 70)));
}

interface Boards {
  readonly light: Colour;
  readonly dark: Colour;
  /** Width of one board (along z), length (along x). */
  readonly width: number;
  readonly length: number;
  readonly gloss: number;
  readonly rough: number;
}

/** A top or floor of boards that run along x, each cut from its own place in the tree. */
export function boards({ light, dark, width, length, gloss, rough }: Boards): Paint {
  return (s) => {
    const row = Math.floor(s.z / width);
    const shift = s.x + row * length * 0.382;
    const column = Math.floor(shift / length);
    const own = noise(row * 7.31 + 0.5, column * 3.77 + 0.5, 0.5);
    grain(s, s.x + own * 40, s.y + own * 9, s.z + row * 0.77 + own * 5, light, dark);
    const k = 0.8 + 0.4 * own;
    const seam = Math.min(s.z - row * width, (row + 1) * width - s.z);
    const butt = Math.min(shift - column * length, (column + 1) * length - shift);
    const gap = fade(0.004, 0.022, Math.min(seam, butt));
    const lit = k * (0.3 + 0.7 * gap);
    s.r *= lit;
    s.g *= lit;
    s.b *= lit;
    polish(s, gloss * gap, rough + 0.12 * (own - 0.5));
    if (s.fine) {
      emboss(s, (x, y, z) => 0.004 * noise(x * 1.5, y * 9, z * 22));
      const edge = 0.16 * (1 - fade(0, 0.04, seam)) * Math.sign(s.z - (row + 0.5) * width);
      s.nz += edge;
    }
  };
}
