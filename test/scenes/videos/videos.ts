import type { Body } from "../body.js";
import { Camera } from "../camera.js";
import { garden } from "../garden.js";
import { kitchen } from "../kitchen.js";
import { playroom } from "../playroom.js";
import type { Scene } from "../scene.js";
import { fade, mix, type Vec3 } from "../vector.js";
import type { World } from "../world.js";
import type { Video } from "./video.js";

type Move = (body: Body) => Body;

interface Staging {
  readonly camera?: Camera;
  /** Bodies that are not where they stand in the scene, by name. */
  readonly moves?: Readonly<Record<string, Move>>;
  readonly without?: readonly string[];
  readonly exposure?: number;
}

/** A scene with another camera, and some of its bodies elsewhere. */
function stage(scene: Scene, { camera, moves = {}, without = [], exposure = 1 }: Staging): World {
  const world = scene.build();
  const bodies = world.bodies
    .filter(({ name }) => name === undefined || !without.includes(name))
    .map((body) => (body.name === undefined ? body : (moves[body.name]?.(body) ?? body)));
  return { ...world, camera: camera ?? world.camera, bodies, exposure: world.exposure * exposure };
}

const to =
  (at: Vec3, turn: Vec3): Move =>
  (body) =>
    body.moved({ at, turn });
const line = (from: Vec3, end: Vec3, t: number): Vec3 => [
  mix(from[0], end[0], t),
  mix(from[1], end[1], t),
  mix(from[2], end[2], t),
];
/** Around the middle of the scene, in degrees from its front. */
function orbit(degrees: number, distance: number, height: number, target: Vec3, view = 29): Camera {
  const angle = (degrees * Math.PI) / 180;
  const eye: Vec3 = [target[0] + distance * Math.sin(angle), height, target[2] + distance * Math.cos(angle)];
  return new Camera({ eye, target, degrees: view, lens: 0 });
}

export const videos: readonly Video[] = [
  {
    name: "orbit",
    what: "the camera goes around things that stand",
    objects: ["car", "duck"],
    at: (t) => stage(playroom, { camera: orbit(mix(-25, 25, t), 13, 7, [0, 0.8, 0]) }),
  },
  {
    name: "drive",
    what: "a car drives and turns, the camera after it",
    objects: ["car"],
    at: (t) => {
      const place: Vec3 = [mix(3.6, -2.2, t), 0, mix(2.6, 0.9, t) + 0.8 * Math.sin(3 * t)];
      return stage(playroom, {
        camera: new Camera({
          eye: [mix(0.8, -0.8, t), 8, 12],
          target: [0.35 * place[0], 0.75, 0.2],
          degrees: 29,
          lens: 0,
        }),
        moves: { car: to(place, [170 + 60 * Math.sin(3 * t), 0, 0]) },
        without: ["block", "spinning top"],
      });
    },
  },
  {
    name: "behind",
    what: "a ball rolls behind a book that stands, and out again",
    objects: ["ball"],
    at: (t) =>
      stage(playroom, {
        camera: orbit(0, 13, 5.2, [0, 1, 0]),
        moves: {
          ball: to([mix(-4.4, 4.4, t), 1.15, -5], [20, 62, -mix(0, 430, t)]),
          book: to([0.3, 1.85, -1.6], [8, 90, 0]),
        },
        without: ["fir tree"],
      }),
  },
  {
    name: "cut",
    what: "another camera from the middle on",
    objects: ["teapot"],
    at: (t) =>
      stage(kitchen, {
        camera:
          t < 0.5
            ? orbit(mix(-4, 8, t), 13, 5, [0.2, 1.1, 0], 27)
            : orbit(mix(28, 36, t), 9, 6.5, [0.4, 1.1, -0.8], 27),
      }),
  },
  {
    name: "away",
    what: "a duck leaves the picture and comes back",
    objects: ["duck"],
    at: (t) => {
      const out = fade(0.05, 0.45, t) - fade(0.55, 0.95, t);
      return stage(playroom, {
        camera: orbit(2, 13, 6.5, [0, 0.8, 0.2]),
        moves: { duck: to(line([-2.4, 0, 1.5], [-9.4, 0, 1.2], out), [t < 0.5 ? 180 : 0, 0, 0]) },
      });
    },
  },
  {
    name: "nearer",
    what: "the camera comes near: an object grows to three times its size",
    objects: ["pumpkin"],
    at: (t) =>
      stage(garden, {
        camera: new Camera({
          eye: line([1.5, 5.2, 17], [-1.6, 3, 8], t),
          target: line([0.3, 1.2, 0], [-1.9, 0.9, 2.2], t),
          degrees: 28,
          lens: 0,
        }),
      }),
  },
  {
    name: "bounce",
    what: "a football crosses the picture in a second, in bounces",
    objects: ["football"],
    at: (t) => {
      const hop = 2.6 * Math.abs(Math.cos(3 * Math.PI * t));
      return stage(garden, {
        moves: { football: to([mix(-5, 5.4, t), 0.92 + hop, 2.6], [15, 20, -600 * t]) },
      });
    },
  },
  {
    name: "twins",
    what: "one boot walks past its twin, and the light goes down",
    objects: ["left boot", "right boot"],
    at: (t) =>
      stage(garden, {
        camera: orbit(mix(6, -6, t), 14.5, 4.6, [1.4, 1.3, 0], 28),
        moves: { "left boot": to([mix(-1.4, 6.2, t), 0.25 * Math.abs(Math.sin(12 * t)), 0.6], [-30, 0, 0]) },
        exposure: mix(1, 0.55, t),
      }),
  },
];
