import type { Thing } from "./fruit.js";
import { curve, Lathe } from "./lathe.js";
import { fractal, noise } from "./noise.js";
import { cover, emboss, grain, polish, tint } from "./paint.js";
import { type Colour, colour } from "./rgb.js";
import { ball, box, carve, drum, egg, melt, rod } from "./shapes.js";
import { fade } from "./vector.js";

/** A bath duck that looks along +x. */
export function duck(): Thing {
  const yellow = colour("#f2c511");
  const beak = colour("#e0640c");
  const bill = (x: number, y: number, z: number) =>
    melt(egg(x - 1.18, y - 1.96, z, 0.32, 0.09, 0.25), egg(x - 1.14, y - 1.83, z, 0.26, 0.07, 0.2), 0.05);
  return {
    shape: {
      distance: (x, y, z) => {
        const body = melt(
          egg(x, y - 0.78, z, 1.25, 0.86, 0.95),
          rod(x, y, z, [-0.8, 0.85, 0], [-1.22, 1.3, 0], 0.3, 0.12),
          0.4,
        );
        const wing = egg(x + 0.2, y - 0.92, Math.abs(z) - 0.84, 0.62, 0.36, 0.2);
        const head = ball(x - 0.68, y - 1.94, z, 0.57);
        return Math.max(melt(melt(melt(body, wing, 0.07), head, 0.3), bill(x, y, z), 0.04), -y);
      },
      min: [-1.45, 0, -1.08],
      max: [1.6, 2.55, 1.08],
      stride: 0.9,
    },
    paint: (s) => {
      tint(s, yellow, 0.92 + 0.12 * noise(s.x, s.y, s.z));
      polish(s, 0.045, 0.2);
      cover(s, beak, fade(0.025, 0.01, bill(s.x, s.y, s.z)));
      const eye = Math.sqrt((s.x - 1.08) ** 2 + (s.y - 2.16) ** 2 + (Math.abs(s.z) - 0.33) ** 2);
      if (eye < 0.145) {
        tint(s, eye < 0.105 ? [0.012, 0.012, 0.014] : [0.85, 0.85, 0.83]);
        polish(s, 0.05, 0.06);
      }
    },
  };
}

/** A wooden toy car that drives along +x. */
export function car(hex: string): Thing {
  const body = colour(hex);
  const glass: Colour = [0.045, 0.06, 0.075];
  const wheel = (x: number, y: number, z: number) =>
    drum(Math.abs(x) - 0.92, Math.abs(z) - 0.7, y - 0.42, 0.42, 0.16, 0.07);
  return {
    shape: {
      distance: (x, y, z) => {
        const hull = melt(
          box(x, y - 0.68, z, 1.62, 0.36, 0.76, 0.24),
          box(x + 0.18 + 0.18 * (y - 1.2), y - 1.15, z, 0.86, 0.42, 0.64, 0.26),
          0.18,
        );
        const arch = drum(Math.abs(x) - 0.92, Math.abs(z) - 0.85, y - 0.42, 0.5, 0.35, 0.02);
        return Math.min(carve(hull, arch, 0.06), wheel(x, y, z));
      },
      min: [-1.65, 0, -0.9],
      max: [1.65, 1.62, 0.9],
      stride: 0.9,
    },
    paint: (s) => {
      if (wheel(s.x, s.y, s.z) < 0.01) {
        const r = Math.sqrt((Math.abs(s.x) - 0.92) ** 2 + (s.y - 0.42) ** 2);
        tint(s, [0.022, 0.022, 0.024]);
        polish(s, 0.04, 0.45);
        if (r < 0.2 && Math.abs(s.z) > 0.75) {
          tint(s, [0.62, 0.6, 0.56]);
          polish(s, 0.3, 0.25);
        }
        return;
      }
      tint(s, body, 0.94 + 0.1 * fractal(s.x * 2, s.y * 2, s.z * 2, 2));
      polish(s, 0.05, 0.12);
      const x = s.x + 0.18 + 0.18 * (s.y - 1.2);
      const side = box(Math.abs(x) - 0.37, s.y - 1.2, 0, 0.3, 0.17, 1, 0.08);
      const front = box(s.z, s.y - 1.2, 0, 0.46, 0.17, 1, 0.08);
      if ((Math.abs(s.nz) > 0.6 && side < 0) || (Math.abs(s.nx) > 0.55 && front < 0)) {
        tint(s, glass);
        polish(s, 0.07, 0.03);
      }
      const lamp = Math.sqrt((Math.abs(s.z) - 0.46) ** 2 + (s.y - 0.74) ** 2);
      if (Math.abs(s.x) > 1.4 && lamp < 0.14) tint(s, s.x > 0 ? [0.9, 0.85, 0.6] : [0.4, 0.01, 0.01]);
    },
  };
}

/** A ball of coloured gores around its centre. */
export function beachBall(radius: number, hexes: readonly string[]): Thing {
  const gores = hexes.map(colour);
  return {
    shape: {
      distance: (x, y, z) => ball(x, y, z, radius),
      min: [-radius, -radius, -radius],
      max: [radius, radius, radius],
    },
    paint: (s) => {
      const turn = (Math.atan2(s.z, s.x) / (2 * Math.PI) + 1) * gores.length;
      const cap = Math.sqrt(s.x * s.x + s.z * s.z) / radius;
      tint(s, cap < 0.2 ? [0.8, 0.79, 0.76] : gores[Math.floor(turn) % gores.length]!);
      const seam = Math.abs((turn % 1) - 0.5);
      if (cap > 0.2) cover(s, [0.04, 0.04, 0.05], 0.35 * fade(0.48, 0.495, seam));
      polish(s, 0.045, 0.2);
    },
  };
}

/** A cube of painted wood with a letter, drawn as strokes in units of its half size, on each upright face. */
export function block(
  hex: string,
  size: number,
  strokes: readonly (readonly [number, number, number, number])[],
): Thing {
  const wash = colour(hex);
  const pale: Colour = [0.82, 0.76, 0.62];
  const pith = [wash[0] * 0.62, wash[1] * 0.62, wash[2] * 0.62] as const;
  return {
    shape: {
      distance: (x, y, z) => box(x, y - size, z, size, size, size, 0.11),
      min: [-size, 0, -size],
      max: [size, size * 2, size],
    },
    paint: (s) => {
      grain(s, s.x, s.y, s.z, wash, pith);
      polish(s, 0.045, 0.28);
      const across = Math.abs(s.nz) > 0.8 ? s.x * Math.sign(s.nz) : Math.abs(s.nx) > 0.8 ? -s.z * Math.sign(s.nx) : 9;
      const up = s.y - size;
      let d = 9;
      for (const [ax, ay, bx, by] of strokes)
        d = Math.min(d, rod(across / size, up / size, 0, [ax, ay, 0], [bx, by, 0], 0.1));
      cover(s, pale, fade(0.02, -0.01, d));
      emboss(s, (x, y, z) => 0.003 * noise(x * 4, y * 30, z * 30));
    },
  };
}

/** A closed book that lies flat, its spine along -x. */
export function book(hex: string, accent: string): Thing {
  const [a, b, c] = [1.35, 0.27, 1.85];
  const cloth = colour(hex);
  const gold = colour(accent);
  const pages = (x: number, y: number, z: number) => box(x - 0.02, y - b, z, a - 0.1, b - 0.05, c - 0.09, 0.01);
  return {
    shape: {
      distance: (x, y, z) => {
        const cut = box(x - 0.3, y - b, z, a + 0.16, b - 0.06, c + 1, 0.01);
        return Math.min(carve(box(x, y - b, z, a, b, c, 0.05), cut, 0.02), pages(x, y, z));
      },
      min: [-a, 0, -c],
      max: [a, 2 * b, c],
    },
    paint: (s) => {
      if (pages(s.x, s.y, s.z) < 0.004) {
        tint(s, [0.72, 0.66, 0.53], 0.72 + 0.36 * noise(s.x * 1.5, s.y * 75, s.z * 1.5));
        return;
      }
      const weave = 0.5 + 0.5 * Math.sin(s.x * 150) * Math.sin(s.z * 150);
      tint(s, cloth, 0.86 + 0.14 * weave + 0.14 * fractal(s.x * 3, s.y * 3, s.z * 3, 3));
      polish(s, 0.03, 0.5);
      if (s.ny < 0.9) return;
      const frame = Math.abs(box(s.x, s.z, 0, a - 0.22, c - 0.22, 9, 0.2) + 0.0);
      const star = Math.sqrt(s.x * s.x + s.z * s.z);
      const ring = Math.abs(star - 0.46 - 0.09 * Math.cos(8 * Math.atan2(s.z, s.x)));
      cover(s, gold, 0.85 * Math.max(fade(0.03, 0.02, frame), fade(0.03, 0.02, ring)));
    },
  };
}

/** A wooden fir tree: three painted skirts on a plain trunk. */
export function fir(): Thing {
  const body = new Lathe(
    [
      [0, 0.05],
      [0.5, 0.05],
      [0.5, 0.14],
      [0.2, 0.16],
      [0.2, 0.55],
      [1.0, 0.58],
      [0.62, 1.28],
      [0.8, 1.31],
      [0.46, 1.98],
      [0.6, 2.01],
      [0.03, 3.0],
      [0, 3.02],
    ],
    0.05,
  );
  const green = colour("#2c7a3c");
  const shade = colour("#1a5228");
  return {
    shape: {
      distance: (x, y, z) => body.distance(x, y, z),
      min: [-body.radius, 0, -body.radius],
      max: [body.radius, body.high, body.radius],
    },
    paint: (s) => {
      if (s.y > 0.5) grain(s, s.y, s.x, s.z, green, shade);
      else grain(s, s.y, s.x, s.z, colour("#b98d58"), colour("#8a5f34"));
      polish(s, 0.045, 0.3);
    },
  };
}

/** A spinning top at rest: it leans on its rim, so set it down turned. */
export function top(hexes: readonly [string, string, string]): Thing {
  const body = new Lathe(
    curve([
      [0, 0.0],
      [0.06, 0.04],
      [0.16, 0.22],
      [0.55, 0.5],
      [0.98, 0.78],
      [1.05, 0.9],
      [0.98, 1.02],
      [0.6, 1.14],
      [0.26, 1.22],
      [0.14, 1.34],
      [0.12, 1.7],
      [0.17, 1.84],
      [0.1, 1.95],
      [0, 1.97],
    ]),
    0.015,
  );
  const bands = [colour(hexes[0]), colour(hexes[1]), colour(hexes[2])] as const;
  return {
    shape: {
      distance: (x, y, z) => body.distance(x, y, z),
      min: [-body.radius, body.low, -body.radius],
      max: [body.radius, body.high, body.radius],
    },
    paint: (s) => {
      const r = Math.sqrt(s.x * s.x + s.z * s.z);
      tint(s, s.y > 1.28 ? bands[2] : bands[0], 0.94 + 0.1 * noise(s.x * 3, s.y * 9, s.z * 3));
      if (s.y > 0.9 && s.y < 1.2) cover(s, bands[1], fade(0.06, 0.05, Math.abs(r - 0.66)));
      polish(s, 0.05, 0.12);
    },
  };
}
