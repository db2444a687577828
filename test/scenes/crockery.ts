import type { Thing } from "./fruit.js";
import { curve, Lathe } from "./lathe.js";
import { fractal, noise, speckle } from "./noise.js";
import { cover, emboss, glaze, grain, polish, tint } from "./paint.js";
import { colour } from "./rgb.js";
import { drum, melt, ring, rod } from "./shapes.js";
import { fade } from "./vector.js";

/** A mug with coffee in it; the handle points along +x. */
export function mug(hex: string): Thing {
  const wall = new Lathe(
    [
      [0, 0.06],
      [0.66, 0.06],
      [0.76, 0.16],
      [0.79, 1.0],
      [0.8, 1.68],
      [0.76, 1.68],
      [0.7, 0.3],
      [0, 0.22],
    ],
    0.05,
  );
  const base = colour(hex);
  const clay = colour("#b08a63");
  const coffee = colour("#2a1407");
  const foam = colour("#7a4a22");
  return {
    shape: {
      distance: (x, y, z) => {
        const cup = wall.distance(x, y, z);
        const handle = Math.max(ring(x - 0.86, (y - 0.9) * 0.9, z, 0.44, 0.1), 0.75 - Math.sqrt(x * x + z * z));
        return Math.min(melt(cup, handle, 0.08), drum(x, y - 1.42, z, 0.76, 0.02, 0.005));
      },
      min: [-0.87, 0, -0.87],
      max: [1.42, 1.75, 0.87],
    },
    paint: (s) => {
      const r = Math.sqrt(s.x * s.x + s.z * s.z);
      if (s.ny > 0.95 && s.y < 1.46 && s.y > 1.3 && r < 0.74) {
        tint(s, coffee);
        cover(s, foam, 0.8 * fade(0.55, 0.74, r + 0.12 * noise(s.x * 5, 1, s.z * 5)));
        return polish(s, 0.03, 0.05);
      }
      const cloud = fractal(s.x * 1.7, s.y * 1.7, s.z * 1.7, 3);
      tint(s, base, 0.85 + 0.3 * cloud);
      cover(s, clay, fade(0.16, 0.1, s.y + 0.03 * cloud));
      cover(s, clay, 0.45 * fade(1.68, 1.73, s.y));
      cover(s, [0.05, 0.05, 0.06], 0.6 * fade(0.13, 0.07, speckle(s.x * 8, s.y * 8, s.z * 8)));
      polish(s, 0.045, 0.18);
      emboss(s, (x, y, z) => 0.01 * noise(x * 0.5, y * 9, z * 0.5));
    },
  };
}

/** A teapot with its lid on; the spout points along +x. */
export function teapot(hex: string): Thing {
  const body = new Lathe(
    curve([
      [0, 0.06],
      [0.6, 0.03],
      [0.8, 0.1],
      [1.12, 0.5],
      [1.2, 0.92],
      [1.02, 1.34],
      [0.7, 1.58],
      [0.62, 1.66],
      [0.56, 1.7],
      [0.36, 1.82],
      [0.12, 1.9],
      [0.1, 1.98],
      [0.2, 2.1],
      [0.16, 2.22],
      [0, 2.26],
    ]),
    0.02,
  );
  const paint = glaze(hex, 0.14);
  return {
    shape: {
      distance: (x, y, z) => {
        const spout = melt(
          rod(x, y, z, [0.95, 0.55, 0], [1.5, 0.92, 0], 0.27, 0.19),
          rod(x, y, z, [1.5, 0.92, 0], [1.86, 1.5, 0], 0.19, 0.13),
          0.12,
        );
        const handle = ring(x + 1.14, (y - 0.98) * 0.95, z, 0.52, 0.115);
        const lidSeam = Math.max(0, 0.01 - Math.abs(y - 1.67) * 0.7);
        return melt(melt(body.distance(x, y, z) + lidSeam, spout, 0.16), handle, 0.1);
      },
      min: [-1.8, 0, -1.24],
      max: [2.02, 2.3, 1.24],
    },
    paint: (s) => {
      paint(s);
      const mouth = Math.sqrt((s.x - 1.93) ** 2 + (s.y - 1.62) ** 2 + s.z * s.z);
      cover(s, [0.01, 0.01, 0.01], fade(0.1, 0.07, mouth));
    },
  };
}

/** A dark glass bottle with a wax seal. */
export function bottle(glass: string, seal: string): Thing {
  const body = new Lathe(
    curve(
      [
        [0, 0.04],
        [0.55, 0.02],
        [0.66, 0.08],
        [0.7, 0.3],
        [0.7, 1.1],
        [0.7, 1.9],
        [0.66, 2.2],
        [0.5, 2.5],
        [0.32, 2.75],
        [0.25, 3.0],
        [0.24, 3.3],
        [0.245, 3.5],
        [0.3, 3.54],
        [0.3, 3.66],
        [0.24, 3.72],
        [0, 3.72],
      ],
      8,
    ),
    0.02,
  );
  const dark = colour(glass);
  const wax = colour(seal);
  return {
    shape: {
      distance: (x, y, z) => body.distance(x, y, z),
      min: [-body.radius, body.low, -body.radius],
      max: [body.radius, body.high, body.radius],
    },
    paint: (s) => {
      // Light that comes through the thin rim of the glass, as a brighter belly towards the far side.
      const through = 0.6 + 1.1 * fade(-0.2, 0.75, s.x) * fade(2.6, 1.6, s.y);
      tint(s, dark, through);
      polish(s, 0.06, 0.03);
      const drip = 3.02 + 0.16 * noise(s.x * 6, 0.5, s.z * 6);
      if (s.y > drip) {
        tint(s, wax);
        polish(s, 0.04, 0.3);
        emboss(s, (x, y, z) => 0.02 * noise(x * 6, y * 3, z * 6));
      }
    },
  };
}

/** A turned wooden pepper mill with a steel knob. */
export function mill(): Thing {
  const body = new Lathe(
    curve([
      [0, 0.03],
      [0.56, 0.03],
      [0.6, 0.12],
      [0.62, 0.34],
      [0.58, 0.55],
      [0.48, 0.95],
      [0.44, 1.3],
      [0.47, 1.6],
      [0.5, 1.74],
      [0.46, 1.84],
      [0.46, 1.88],
      [0.52, 1.98],
      [0.53, 2.15],
      [0.45, 2.4],
      [0.25, 2.55],
      [0.1, 2.6],
      [0.1, 2.66],
      [0.16, 2.74],
      [0.12, 2.84],
      [0, 2.86],
    ]),
    0.012,
  );
  const light = colour("#7d4520");
  const dark = colour("#3d1c0b");
  return {
    shape: {
      distance: (x, y, z) => body.distance(x, y, z),
      min: [-body.radius, body.low, -body.radius],
      max: [body.radius, body.high, body.radius],
    },
    paint: (s) => {
      grain(s, s.y, s.x, s.z, light, dark);
      polish(s, 0.045, 0.24);
      if (s.y > 2.62) {
        tint(s, [0.55, 0.54, 0.52]);
        polish(s, 0.55, 0.2);
      }
    },
  };
}
