import { Body } from "./body.js";
import { Camera } from "./camera.js";
import { WindowLight } from "./light.js";
import { boards } from "./paint.js";
import { colour, type Rgb } from "./rgb.js";
import type { Scene } from "./scene.js";
import { box } from "./shapes.js";
import { beachBall, block, book, car, duck, fir, top } from "./toys.js";
import { fade, mix } from "./vector.js";

const LETTER_A = [
  [-0.38, -0.5, 0, 0.5],
  [0, 0.5, 0.38, -0.5],
  [-0.2, -0.12, 0.2, -0.12],
] as const;

export const playroom: Scene = {
  name: "playroom",
  title: "Playroom floor",
  build: () => ({
    camera: new Camera({ eye: [-0.6, 8.2, 12.2], target: [0, 0.75, 0.1], degrees: 29, lens: 0.1 }),
    exposure: 1.15,
    ambient: [0.24, 0.22, 0.19],
    light: new WindowLight({
      centre: [7.5, 9, -4.5],
      target: [0, 0, 0],
      width: 6,
      height: 5,
      radiance: [34, 31, 26.5],
      panes: [3, 2],
    }),
    backdrop: room,
    bodies: [
      new Body({
        shape: {
          distance: (x, y, z) => box(x, y, z, 26, 0.3, 26, 0.02),
          min: [-26, -0.3, -26],
          max: [26, 0.3, 26],
        },
        paint: boards({
          light: colour("#c9a277"),
          dark: colour("#9a7148"),
          width: 1.15,
          length: 8,
          gloss: 0.04,
          rough: 0.36,
        }),
        at: [0, -0.3, 0],
        turn: [24, 0, 0],
      }),
      new Body({ name: "book", ...book("#27406e", "#c8a24a"), at: [-2.9, 0, -2.2], turn: [62, 0, 0] }),
      new Body({ name: "fir tree", ...fir(), at: [0.15, 0, -2.6] }),
      new Body({
        name: "ball",
        ...beachBall(1.15, ["#d8d3c8", "#c0281f", "#d8d3c8", "#1f5fa8", "#d8d3c8", "#e0a818"]),
        at: [3.35, 1.15, -3.0],
        turn: [20, 62, 24],
      }),
      new Body({ name: "duck", ...duck(), at: [-3.0, 0, 1.5], turn: [-38, 0, 0] }),
      new Body({ name: "block", ...block("#3f74b8", 0.78, LETTER_A), at: [-0.35, 0, 0.1], turn: [24, 0, 0] }),
      new Body({ name: "car", ...car("#b3201c"), at: [2.35, 0, 1.7], turn: [28, 0, 0] }),
      new Body({
        name: "spinning top",
        ...top(["#6a3a8a", "#e0b020", "#c9a277"]),
        at: [-0.75, 0, 2.75],
        turn: [35, 39.6, 0],
      }),
    ],
  }),
};

/** The room around and above, never in the picture: a white ceiling, walls, light from the window's side. */
function room(dx: number, dy: number, _dz: number, out: Rgb): void {
  const up = fade(-0.3, 0.9, dy);
  const side = fade(-1, 1, dx);
  out.r = mix(0.14, 0.46, up) * mix(0.75, 1.15, side);
  out.g = mix(0.13, 0.45, up) * mix(0.8, 1.12, side);
  out.b = mix(0.12, 0.44, up) * mix(0.88, 1.08, side);
}
