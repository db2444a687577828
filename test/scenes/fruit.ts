import type { Paint, Shape } from "./body.js";
import { curve, Lathe } from "./lathe.js";
import { fractal, noise, speckle } from "./noise.js";
import { cover, emboss, polish, tint } from "./paint.js";
import { colour } from "./rgb.js";
import { egg, melt, rod } from "./shapes.js";
import { fade } from "./vector.js";

export interface Thing {
  readonly shape: Shape;
  readonly paint: Paint;
}

const BARK = colour("#4a3722");

function withStem(body: Lathe, from: number, tip: readonly [number, number, number], thickness: number): Shape {
  const top = Math.max(body.high, tip[1] + thickness * 1.5);
  return {
    distance: (x, y, z) =>
      melt(body.distance(x, y, z), rod(x, y, z, [0, from, 0], tip, thickness * 0.8, thickness * 1.35), 0.05),
    min: [-body.radius, body.low, -body.radius],
    max: [body.radius, top, body.radius],
  };
}

export function apple(): Thing {
  const body = new Lathe(
    curve([
      [0, 0.14],
      [0.2, 0.05],
      [0.36, 0.03],
      [0.56, 0.16],
      [0.78, 0.62],
      [0.83, 0.95],
      [0.7, 1.28],
      [0.44, 1.42],
      [0.2, 1.36],
      [0.07, 1.2],
      [0, 1.12],
    ]),
    0.01,
  );
  const red = colour("#a3161c");
  const deep = colour("#6d0a14");
  const yellow = colour("#d2a043");
  return {
    shape: withStem(body, 1.1, [0.12, 1.74, 0.04], 0.035),
    paint: (s) => {
      const r = Math.sqrt(s.x * s.x + s.z * s.z);
      const angle = Math.atan2(s.z, s.x);
      const streak = fractal(Math.cos(angle) * 7, s.y * 0.7, Math.sin(angle) * 7, 3);
      const patch = fractal(s.x * 0.9 + 4, s.y * 0.9, s.z * 0.9, 2);
      tint(s, red);
      cover(s, deep, 0.7 * fade(0.5, 0.8, streak));
      cover(s, yellow, 0.75 * fade(0.42, 0.2, streak) * fade(0.4, 0.7, patch));
      cover(s, yellow, 0.85 * fade(0.34, 0.1, r) * fade(0.9, 1.1, s.y));
      cover(s, yellow, 0.5 * fade(0.09, 0.05, speckle(s.x * 7, s.y * 7, s.z * 7)));
      polish(s, 0.045, 0.2);
      if (r < 0.16 && s.y > 1.3 - r) {
        tint(s, BARK);
        polish(s, 0.02, 0.6);
      }
    },
  };
}

export function pear(): Thing {
  const body = new Lathe(
    curve([
      [0, 0.1],
      [0.2, 0.03],
      [0.42, 0.07],
      [0.72, 0.38],
      [0.8, 0.72],
      [0.68, 1.12],
      [0.47, 1.45],
      [0.37, 1.75],
      [0.29, 1.97],
      [0.14, 2.09],
      [0, 2.1],
    ]),
    0.01,
  );
  const green = colour("#9aa52c");
  const yellow = colour("#c9b63c");
  const blush = colour("#b2652c");
  const rust = colour("#7a5a24");
  return {
    shape: withStem(body, 2.0, [-0.14, 2.56, 0.06], 0.035),
    paint: (s) => {
      const patch = fractal(s.x * 1.1, s.y * 0.8 + 3, s.z * 1.1, 3);
      tint(s, green);
      cover(s, yellow, fade(0.35, 0.7, patch));
      cover(s, blush, 0.55 * fade(0.1, 0.75, s.x * 0.7 + s.z * 0.3 + 0.4 * (patch - 0.5)));
      cover(s, rust, 0.6 * fade(0.16, 0.08, speckle(s.x * 9, s.y * 9, s.z * 9)));
      cover(s, rust, 0.5 * fade(1.85, 2.1, s.y + 0.2 * patch));
      polish(s, 0.04, 0.34);
      if (s.y > 2.13) {
        tint(s, BARK);
        polish(s, 0.02, 0.6);
      }
      emboss(s, (x, y, z) => 0.01 * noise(x * 5, y * 5, z * 5));
    },
  };
}

/** Around its centre. */
export function orange(hex = "#e07b12", size = 0.8): Thing {
  const base = colour(hex);
  const deep = colour("#c35a06");
  const green = colour("#4c5a22");
  const pores = (x: number, y: number, z: number) =>
    0.014 * fade(0, 0.6, speckle(x * 11, y * 11, z * 11)) + 0.02 * noise(x * 4, y * 4, z * 4);
  return {
    shape: {
      distance: (x, y, z) => egg(x, y, z, size, size * 0.95, size),
      min: [-size, -size, -size],
      max: [size, size, size],
    },
    paint: (s) => {
      tint(s, base);
      cover(s, deep, 0.5 * fractal(s.x * 1.3, s.y * 1.3, s.z * 1.3, 3));
      const top = Math.sqrt(s.x * s.x + s.z * s.z) + (s.y > 0 ? 0 : 9);
      const star = 0.09 + 0.03 * Math.cos(5 * Math.atan2(s.z, s.x));
      cover(s, green, fade(star + 0.03, star, top));
      polish(s, 0.045, 0.3);
      emboss(s, pores);
    },
  };
}

/** Lies on its side along x. */
export function lemon(): Thing {
  const body = new Lathe(
    curve([
      [0, -1.04],
      [0.1, -1.02],
      [0.2, -0.88],
      [0.45, -0.62],
      [0.63, -0.22],
      [0.66, 0.12],
      [0.54, 0.52],
      [0.3, 0.8],
      [0.16, 0.94],
      [0.09, 1.0],
      [0, 1.02],
    ]),
    0.01,
  );
  const yellow = colour("#e8c21f");
  const green = colour("#a8a428");
  return {
    shape: {
      distance: (x, y, z) => body.distance(y - 0.66, x, z),
      min: [body.low, -0.02, -body.radius],
      max: [body.high, 1.36, body.radius],
    },
    paint: (s) => {
      tint(s, yellow);
      cover(s, green, 0.75 * fade(0.72, 1.02, Math.abs(s.x)) + 0.2 * fractal(s.x, s.y, s.z, 2));
      polish(s, 0.045, 0.28);
      emboss(
        s,
        (x, y, z) => 0.012 * fade(0, 0.6, speckle(x * 9, y * 9, z * 9)) + 0.04 * noise(x * 2.6, y * 2.6, z * 2.6),
      );
    },
  };
}
