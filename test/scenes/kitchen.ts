import { Body } from "./body.js";
import { Camera } from "./camera.js";
import { bottle, mill, mug, teapot } from "./crockery.js";
import { apple, lemon, orange, pear } from "./fruit.js";
import { WindowLight } from "./light.js";
import { noise } from "./noise.js";
import { boards } from "./paint.js";
import { colour, type Rgb } from "./rgb.js";
import type { Scene } from "./scene.js";
import { box } from "./shapes.js";
import { fade, mix } from "./vector.js";

export const kitchen: Scene = {
  name: "kitchen",
  title: "Kitchen table",
  build: () => ({
    camera: new Camera({ eye: [0.5, 5.0, 13.2], target: [0.15, 1.12, 0.1], degrees: 27, lens: 0.09 }),
    exposure: 1.32,
    ambient: [0.2, 0.17, 0.14],
    light: new WindowLight({
      centre: [-8.5, 7.2, 4],
      target: [0, 0.5, 0],
      width: 5,
      height: 6,
      radiance: [31, 27.5, 22.5],
      panes: [2, 3],
    }),
    backdrop: room,
    bodies: [
      new Body({
        shape: {
          distance: (x, y, z) => box(x, y, z, 9, 0.3, 7, 0.08),
          min: [-9, -0.3, -7],
          max: [9, 0.3, 7],
        },
        paint: boards({
          light: colour("#a87445"),
          dark: colour("#6e4322"),
          width: 1.45,
          length: 14,
          gloss: 0.035,
          rough: 0.42,
        }),
        at: [0, -0.3, -0.6],
      }),
      new Body({ name: "bottle", ...bottle("#1d3314", "#7a1f1c"), at: [-3.6, 0, -1.7] }),
      new Body({ name: "teapot", ...teapot("#2f7f86"), at: [0.6, 0, -1.8], turn: [-33, 0, 0] }),
      new Body({ name: "mug", ...mug("#dcd5c6"), at: [2.95, 0, 0.35], turn: [-72, 0, 0] }),
      new Body({ name: "pepper mill", ...mill(), at: [4.85, 0, -2.5] }),
      new Body({ name: "apple", ...apple(), at: [-2.65, 0, 2.6], turn: [30, 4, 6] }),
      new Body({ name: "pear", ...pear(), at: [-1.85, 0, -0.2], turn: [40, 3, -5] }),
      new Body({ name: "orange", ...orange(), at: [-0.45, 0.78, 2.1], turn: [0, 14, -20] }),
      new Body({ name: "lemon", ...lemon(), at: [1.75, 0, 2.4], turn: [28, 0, 0] }),
    ],
  }),
};

/** The rest of the kitchen, far out of focus: a tiled wall, a lit shelf, a few small lamps. */
function room(dx: number, dy: number, dz: number, out: Rgb): void {
  const up = fade(-0.5, 0.9, dy);
  const warm = fade(-0.6, 0.8, -dx);
  out.r = mix(0.1, 0.36, up) * mix(0.75, 1.15, warm);
  out.g = mix(0.085, 0.34, up) * mix(0.75, 1.12, warm);
  out.b = mix(0.07, 0.33, up) * mix(0.8, 1.1, warm);
  if (dz > -0.5) return;
  const x = -dx / dz;
  const y = -dy / dz;
  const wall = 0.34 + 0.08 * noise(x * 9, y * 9, 3);
  blend(out, wall * 0.62, wall * 0.8, wall * 0.78, fade(0.8, 0.5, Math.abs(x)));
  // Light from the window falls off along the wall.
  const fall = 0.55 + 0.9 * fade(0.5, -0.5, x);
  out.r *= fall * 1.04;
  out.g *= fall;
  out.b *= fall * 0.94;
  const pane = fade(0.02, -0.02, Math.abs(x + 0.36) - 0.09) * (1 - 0.6 * fade(0.012, 0.004, Math.abs(x + 0.33)));
  out.r += 1.5 * pane * fade(-0.15, -0.13, y);
  out.g += 1.45 * pane * fade(-0.15, -0.13, y);
  out.b += 1.3 * pane * fade(-0.15, -0.13, y);
  // The window's own bright edge, a counter, and jars on it.
  const tile = Math.max(fade(0.005, 0.001, beside(x, 0.075)), fade(0.005, 0.001, beside(y, 0.045)));
  blend(out, out.r * 0.8, out.g * 0.8, out.b * 0.8, tile);
  const door = 0.75 + 0.5 * noise(x * 7, 2, 5) - 0.45 * fade(0.008, 0.002, beside(x + 0.03, 0.2));
  blend(out, 0.13 * door * fall, 0.075 * door * fall, 0.04 * door * fall, fade(-0.153, -0.161, y));
  blend(out, 0.5 * fall, 0.46 * fall, 0.4 * fall, fade(0.007, 0.002, Math.abs(y + 0.152)));
  for (const [jx, width, height, r, g, b] of JARS) {
    const side = (x - jx) / width;
    const inside =
      fade(0.008, -0.006, Math.abs(x - jx) - width) * fade(0.01, -0.004, y + 0.15 - height) * fade(-0.158, -0.148, y);
    // Round: lit from the left, with a darker lid.
    const lit = (1.25 - 0.5 * fade(-1, 1, side)) * (1 - 0.55 * fade(-0.014, -0.008, y + 0.15 - height));
    blend(out, r * lit, g * lit, b * lit, inside);
  }
  for (const [lx, ly, size, power] of LAMPS) {
    const d = Math.sqrt((x - lx) ** 2 + (y - ly) ** 2);
    const disc = fade(size, size * 0.82, d) * (0.75 + 0.25 * fade(0.4 * size, size, d)) * power;
    out.r += 1.5 * disc;
    out.g += 1.0 * disc;
    out.b += 0.5 * disc;
  }
}

const JARS = [
  [-0.125, 0.018, 0.055, 0.5, 0.42, 0.3],
  [-0.07, 0.014, 0.035, 0.45, 0.16, 0.06],
  [0.075, 0.02, 0.045, 0.2, 0.26, 0.12],
  [0.13, 0.014, 0.06, 0.52, 0.4, 0.2],
  [0.37, 0.02, 0.05, 0.22, 0.3, 0.34],
] as const;

const LAMPS = [
  [0.03, -0.062, 0.015, 0.6],
  [0.085, -0.07, 0.015, 0.8],
  [0.14, -0.082, 0.015, 0.7],
  [0.2, -0.084, 0.015, 0.9],
  [0.26, -0.078, 0.015, 0.7],
  [0.32, -0.07, 0.015, 0.8],
  [0.37, -0.055, 0.015, 0.7],
] as const;

/** How far x is from the nearest multiple of the step. */
const beside = (x: number, step: number): number => Math.abs(x - Math.round(x / step) * step);

function blend(out: Rgb, r: number, g: number, b: number, t: number): void {
  out.r = mix(out.r, r, t);
  out.g = mix(out.g, g, t);
  out.b = mix(out.b, b, t);
}
