import type { Thing } from "./fruit.js";
import { Lathe } from "./lathe.js";
import { fractal, noise, speckle } from "./noise.js";
import { cover, emboss, polish, tint } from "./paint.js";
import { type Colour, colour } from "./rgb.js";
import { ball, carve, drum, egg, melt, ring, rod } from "./shapes.js";
import { fade } from "./vector.js";

/** A weathered stone flower pot filled with soil. */
export function pot(): Thing {
  const wall = new Lathe(
    [
      [0, 0.06],
      [0.68, 0.06],
      [0.96, 1.25],
      [1.08, 1.27],
      [1.12, 1.66],
      [1.0, 1.66],
      [0.9, 1.4],
      [0, 1.4],
    ],
    0.05,
  );
  const clay = colour("#b9b0a2");
  const pale = colour("#dcd6ca");
  const dark = colour("#857a6c");
  return {
    shape: {
      distance: (x, y, z) => wall.distance(x, y, z),
      min: [-1.18, 0, -1.18],
      max: [1.18, 1.72, 1.18],
    },
    paint: (s) => {
      const inner = s.y < 1.6 && s.y > 1.38 && s.x * s.x + s.z * s.z < 0.9;
      tint(s, inner ? [0.045, 0.03, 0.02] : clay);
      if (inner) return;
      const stain = fractal(s.x * 1.6, s.y * 2.4, s.z * 1.6, 4);
      cover(s, pale, 0.7 * fade(0.52, 0.8, stain));
      cover(s, dark, 0.5 * fade(0.45, 0.2, stain));
      cover(s, pale, 0.35 * fade(0.5, 0.05, s.y));
      emboss(s, (x, y, z) => 0.012 * noise(x * 1.2, y * 14, z * 1.2) + 0.006 * noise(x * 18, y * 18, z * 18));
    },
  };
}

/** A clipped box ball, leaf by leaf; its centre is the origin. */
export function shrub(radius: number): Thing {
  const leaf = 5.2;
  const depth = 0.2;
  const young = colour("#7f9c33");
  const old = colour("#2d5a1e");
  const lumps = (x: number, y: number, z: number) => 0.16 * noise(x * 2.2, y * 2.2, z * 2.2);
  const leaves = (x: number, y: number, z: number) => speckle(x * leaf, y * leaf, z * leaf);
  return {
    shape: {
      distance: (x, y, z) => {
        const shell = ball(x, y, z, radius);
        if (shell > 0.1) return shell - 0.02;
        return shell + lumps(x, y, z) + depth * Math.min(leaves(x, y, z), 0.8) - 0.06;
      },
      min: [-radius - 0.06, -radius - 0.06, -radius - 0.06],
      max: [radius + 0.06, radius + 0.06, radius + 0.06],
      stride: 0.55,
    },
    paint: (s) => {
      const d = leaves(s.x, s.y, s.z);
      const own = noise(s.x * 6, s.y * 6, s.z * 6);
      tint(s, young);
      cover(s, old, fade(0.2, 0.62, d) * 0.8 + 0.2 * own);
      cover(s, [0.01, 0.02, 0.006], 0.9 * fade(0.45, 0.8, d));
      cover(s, colour("#a9b84a"), 0.45 * fade(0.6, 0.9, own));
      polish(s, 0.035, 0.4);
      emboss(s, (x, y, z) => 0.06 * noise(x * 15, y * 15, z * 15));
    },
  };
}

export function pumpkin(): Thing {
  const ribs = 11;
  const base = colour("#dd6a10");
  const deep = colour("#a84408");
  const stalk = colour("#77703a");
  const stem = (x: number, y: number, z: number) =>
    melt(
      rod(x, y, z, [0, 1.25, 0], [0.05, 1.75, 0], 0.24, 0.14),
      rod(x, y, z, [0.05, 1.75, 0], [0.3, 2.05, 0.06], 0.14, 0.15),
      0.1,
    );
  return {
    shape: {
      distance: (x, y, z) => {
        const r = Math.sqrt(x * x + z * z);
        const rib = Math.abs(Math.sin((Math.atan2(z, x) * ribs) / 2 + 0.4));
        const groove = 0.16 * (1 - rib) ** 2 * Math.min(r / 0.6, 1);
        const flesh = melt(egg(r - 0.62, y - 0.86, 0, 0.88, 0.86, 1), egg(r, y - 0.8, 0, 0.9, 0.66, 1), 0.3) + groove;
        return melt(flesh, stem(x, y, z), 0.08);
      },
      min: [-1.52, 0, -1.52],
      max: [1.52, 2.24, 1.52],
      stride: 0.75,
    },
    paint: (s) => {
      const rib = Math.abs(Math.sin((Math.atan2(s.z, s.x) * ribs) / 2 + 0.4));
      const mottle = fractal(s.x * 2, s.y * 2, s.z * 2, 3);
      tint(s, base, 0.85 + 0.3 * mottle);
      cover(s, deep, 0.75 * (1 - rib));
      cover(s, colour("#e8b060"), 0.4 * fade(0.12, 0.06, speckle(s.x * 5, s.y * 5, s.z * 5)));
      polish(s, 0.04, 0.34);
      emboss(s, (x, y, z) => 0.012 * noise(x * 7, y * 7, z * 7));
      if (stem(s.x, s.y, s.z) < 0.03) {
        tint(s, stalk, 0.6 + 0.6 * noise(s.x * 12, s.y * 3, s.z * 12));
        polish(s, 0, 1);
      }
    },
  };
}

/** An enamelled watering can; the spout points along +x. */
export function wateringCan(hex: string): Thing {
  const tank = new Lathe(
    [
      [0, 0.05],
      [0.92, 0.05],
      [0.9, 0.12],
      [0.82, 1.5],
      [0.84, 1.56],
      [0.7, 1.72],
      [0.5, 1.78],
      [0, 1.8],
    ],
    0.045,
  );
  const paint = colour(hex);
  const rim = (y: number) => Math.min(Math.abs(y - 0.1), Math.abs(y - 1.54));
  return {
    shape: {
      distance: (x, y, z) => {
        const spout = rod(x, y, z, [0.7, 0.45, 0], [1.75, 1.62, 0], 0.27, 0.14);
        // The rose: a flat cone at the end of the spout, facing along it.
        const u = (x - 1.82) * 0.68 + (y - 1.7) * 0.733;
        const v = (y - 1.7) * 0.68 - (x - 1.82) * 0.733;
        const rose = drum(v, u, z, 0.2 + 0.5 * (u + 0.12), 0.13, 0.03) * 0.85;
        const grip = Math.max(ring(x + 0.72, y - 1.1, z, 0.6, 0.1), 0.82 - Math.sqrt(x * x + z * z));
        const arc = Math.max(ring(x - 0.02, (y - 1.6) * 1.2, z, 0.6, 0.1), 1.6 - y);
        const body = tank.distance(x, y, z) - 0.018 * fade(0.06, 0.02, rim(y));
        return melt(Math.min(melt(body, spout, 0.08), rose), Math.min(grip, arc), 0.05);
      },
      min: [-1.55, 0, -0.99],
      max: [2.36, 2.42, 0.99],
      stride: 0.85,
    },
    paint: (s) => {
      const wear = fractal(s.x * 2.5, s.y * 2.5, s.z * 2.5, 4);
      tint(s, paint, 0.85 + 0.3 * wear);
      cover(s, [0.2, 0.17, 0.13], 0.35 * fade(0.3, 0.0, s.y) * wear);
      polish(s, 0.05, 0.22);
      emboss(s, (x, y, z) => 0.008 * noise(x * 4, y * 4, z * 4));
    },
  };
}

/** A rubber boot, its toe along +x. */
export function boot(hex: string): Thing {
  const rubber = colour(hex);
  const tread = colour("#6b5420");
  const hollow = (x: number, y: number, z: number) => rod(x, y, z, [0.02, 0.9, 0], [0, 2.6, 0], 0.3, 0.46);
  return {
    shape: {
      distance: (x, y, z) => {
        const foot = melt(egg(x - 0.62, y - 0.42, z, 0.7, 0.42, 0.42), egg(x, y - 0.42, z, 0.5, 0.45, 0.38), 0.3);
        const leg = rod(x, y, z, [0.02, 0.7, 0], [0, 2.25, 0], 0.4, 0.5);
        const whole = Math.max(melt(foot, leg, 0.3), y - 2.3, 0.12 - y);
        const edge = ring(x, z, y - 2.27, 0.49, 0.05);
        const plan = melt(egg(x - 0.62, 0, z, 0.76, 1, 0.46), egg(x, 0, z, 0.54, 1, 0.42), 0.3);
        const sole = Math.max(plan, Math.abs(y - 0.1) - 0.1);
        return Math.min(carve(whole, hollow(x, y, z), 0.04), edge, melt(sole, whole, 0.03));
      },
      min: [-0.58, 0, -0.58],
      max: [1.42, 2.34, 0.58],
      stride: 0.8,
    },
    paint: (s) => {
      tint(s, rubber, 0.9 + 0.16 * fractal(s.x * 2, s.y * 2, s.z * 2, 3));
      polish(s, 0.05, 0.2);
      const mud = fractal(s.x * 3, s.y * 3, s.z * 3, 3);
      cover(s, tread, fade(0.22, 0.19, s.y) + 0.4 * fade(0.45, 0.1, s.y + 0.7 * (mud - 0.35)));
      if (s.y > 1 && hollow(s.x, s.y, s.z) < 0.02) tint(s, [0.05, 0.045, 0.04]);
    },
  };
}

/** A leather ball with dark patches, around its centre. */
export function football(radius: number): Thing {
  const g = (1 + Math.sqrt(5)) / 2;
  const k = 1 / Math.sqrt(1 + g * g);
  const patches: Colour[] = [];
  for (const a of [k, -k]) for (const b of [g * k, -g * k]) patches.push([0, a, b], [a, b, 0], [b, 0, a]);
  return {
    shape: {
      distance: (x, y, z) => ball(x, y, z, radius),
      min: [-radius, -radius, -radius],
      max: [radius, radius, radius],
    },
    paint: (s) => {
      let best = -1;
      let second = -1;
      for (const [x, y, z] of patches) {
        const c = s.nx * x + s.ny * y + s.nz * z;
        if (c > best) {
          second = best;
          best = c;
        } else if (c > second) second = c;
      }
      const dirt = fractal(s.x * 2, s.y * 2, s.z * 2, 3);
      tint(s, [0.74, 0.72, 0.68], 0.75 + 0.35 * dirt);
      // A patch ends where its five neighbours' pull begins: a pentagon.
      const inside = best * 1.0 - second * 0.42;
      cover(s, [0.02, 0.02, 0.022], fade(0.735, 0.75, inside));
      cover(s, [0.1, 0.09, 0.08], 0.6 * fade(0.012, 0.004, best - second) * fade(0.74, 0.7, inside));
      polish(s, 0.045, 0.3);
    },
  };
}
