import { Body, type Surface } from "./body.js";
import { Camera } from "./camera.js";
import { SunLight } from "./light.js";
import { fractal, noise, speckle } from "./noise.js";
import { boot, football, pot, pumpkin, shrub, wateringCan } from "./outdoors.js";
import { cover, emboss, tint } from "./paint.js";
import { colour, type Rgb } from "./rgb.js";
import type { Scene } from "./scene.js";
import { box } from "./shapes.js";
import { fade, mix } from "./vector.js";

export const garden: Scene = {
  name: "garden",
  title: "Garden terrace",
  build: () => ({
    camera: new Camera({ eye: [0.6, 4.9, 14.5], target: [0.1, 1.35, 0], degrees: 28, lens: 0.17 }),
    exposure: 1.4,
    ambient: [0.16, 0.17, 0.15],
    light: new SunLight([-0.72, 0.62, 0.2], [5.9, 4.9, 3.6], 0.035),
    backdrop: sky,
    bodies: [
      new Body({
        shape: { distance: (x, y, z) => box(x, y, z, 30, 0.3, 4.8, 0.04), min: [-30, -0.3, -4.8], max: [30, 0.3, 4.8] },
        paint: slabs,
        at: [0, -0.3, 1.2],
      }),
      new Body({
        shape: { distance: (x, y, z) => box(x, y, z, 60, 0.3, 12, 0), min: [-60, -0.3, -12], max: [60, 0.3, 12] },
        paint: lawn,
        at: [0, -0.42, -14.5],
      }),
      new Body({ name: "pot", ...pot(), at: [-4.35, 0, -2.0] }),
      new Body({ name: "shrub", ...shrub(1.3), at: [-4.35, 2.55, -2.0] }),
      new Body({ name: "watering can", ...wateringCan("#3f6f9c"), at: [0.15, 0, -1.8], turn: [-14, 0, 0] }),
      new Body({ name: "left boot", ...boot("#d9a514"), at: [3.6, 0, -1.7], turn: [-62, 0, 0] }),
      new Body({ name: "right boot", ...boot("#d9a514"), at: [5.05, 0, -1.0], turn: [-78, 0, 0] }),
      new Body({ name: "pumpkin", ...pumpkin(), at: [-1.9, 0, 2.4], turn: [10, 0, 0] }),
      new Body({ name: "football", ...football(0.92), at: [1.95, 0.92, 2.3], turn: [15, 20, 10] }),
    ],
  }),
};

/** Sandstone slabs in rows, with sandy joints. */
function slabs(s: Surface): void {
  const row = Math.floor(s.z / 2.1);
  const shift = s.x + (row & 1) * 1.5 + 0.4;
  const column = Math.floor(shift / 3);
  const own = noise(row * 5.1 + 0.5, column * 3.3 + 0.5, 2.5);
  const u = Math.min(shift - column * 3, column * 3 + 3 - shift);
  const v = Math.min(s.z - row * 2.1, row * 2.1 + 2.1 - s.z);
  const rough = 0.03 * noise(s.x * 5, 0, s.z * 5);
  const joint = fade(0.075, 0.045, Math.min(u, v) + rough);
  const cloud = fractal(s.x * 0.8 + own * 30, 0, s.z * 0.8, 4);
  const grit = noise(s.x * 34, 0, s.z * 34);
  tint(s, mixed(colour("#a89c8a"), colour("#8f8a84"), own), 0.62 + 0.4 * cloud + 0.12 * grit + 0.2 * (own - 0.5));
  cover(s, colour("#6f6a5c"), 0.35 * fade(0.55, 0.8, fractal(s.x * 2.2, 7, s.z * 2.2, 4)));
  cover(s, colour("#5a5a3a"), joint * 0.9);
  cover(s, colour("#4f5f30"), joint * fade(0.5, 0.65, fractal(s.x * 1.3, 3, s.z * 1.3, 3)));
  emboss(s, (x, _y, z) => 0.02 * fractal(x * 3, own * 9, z * 3, 3) + 0.006 * noise(x * 26, 0, z * 26));
}

const mixed = (a: readonly [number, number, number], b: readonly [number, number, number], t: number) =>
  [mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t)] as const;

function lawn(s: Surface): void {
  const patch = fractal(s.x * 0.3, 0, s.z * 0.3, 3);
  const blade = noise(s.x * 9, 0, s.z * 4);
  tint(s, colour("#5d7636"), 0.4 + 0.6 * blade);
  cover(s, colour("#9a9a5a"), 0.55 * patch);
  emboss(s, (x, _y, z) => 0.11 * noise(x * 15, 0, z * 8));
}

/** A blue sky over a sunlit hedge with blossoms, far out of focus. */
function sky(dx: number, dy: number, dz: number, out: Rgb): void {
  const up = Math.max(dy, 0);
  const haze = Math.exp(-up * 5);
  out.r = mix(0.26, 0.8, haze);
  out.g = mix(0.44, 0.86, haze);
  out.b = mix(0.86, 0.95, haze);
  const round = Math.sqrt(dx * dx + dz * dz);
  const a = Math.atan2(dx, -dz);
  const height = 0.1 + 0.05 * noise(a * 6, 0, 1) + 0.02 * noise(a * 19, 0, 2);
  const hedge = fade(0.03, -0.03, dy / round - height);
  if (hedge === 0) return;
  const y = dy / round;
  const lit = 0.25 + 1.7 * fade(-0.12, 0.1, y) * fractal(a * 14, y * 14, 4, 3);
  let r = 0.16 * lit;
  let g = 0.23 * lit;
  let b = 0.07 * lit;
  // Out-of-focus leaves and blossoms: one soft disc around each random point.
  const glint = fade(0.3, 0.24, speckle(a * 26, y * 26, 0.5)) * fade(0.3, 0.6, noise(a * 9, y * 9, 6));
  r += 0.22 * glint;
  g += 0.3 * glint;
  b += 0.06 * glint;
  const bloom = fade(0.22, 0.17, speckle(a * 15 + 7, y * 15, 3.5)) * fade(0.45, 0.6, noise(a * 5, y * 5, 9));
  r = mix(r, 0.85, bloom * 0.8);
  g = mix(g, 0.32, bloom * 0.8);
  b = mix(b, 0.42, bloom * 0.8);
  out.r = mix(out.r, r, hedge);
  out.g = mix(out.g, g, hedge);
  out.b = mix(out.b, b, hedge);
}
