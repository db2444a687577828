import type { Body, Surface } from "./body.js";
import type { Camera } from "./camera.js";
import type { Light } from "./light.js";
import type { Rgb } from "./rgb.js";

/** Light that comes from far away in a direction (unit vector). */
type Backdrop = (dx: number, dy: number, dz: number, out: Rgb) => void;

export interface World {
  readonly bodies: readonly Body[];
  readonly light: Light;
  readonly backdrop: Backdrop;
  readonly camera: Camera;
  /** Brightness of the finished picture. */
  readonly exposure: number;
  /** Colour that stands for all light past the second bounce. */
  readonly ambient: readonly [number, number, number];
}

export interface Nearest {
  t: number;
  /** Index into the bodies, -1 for none. */
  body: number;
}

const FAR = 400;

export const newSurface = (): Surface => ({
  x: 0,
  y: 0,
  z: 0,
  nx: 0,
  ny: 1,
  nz: 0,
  r: 0,
  g: 0,
  b: 0,
  gloss: 0,
  rough: 1,
  fine: true,
});

export function nearest(
  world: World,
  x: number,
  y: number,
  z: number,
  dx: number,
  dy: number,
  dz: number,
  out: Nearest,
): void {
  out.t = FAR;
  out.body = -1;
  const { bodies } = world;
  for (let i = 0; i < bodies.length; i++) {
    const t = bodies[i]!.hit(x, y, z, dx, dy, dz, out.t);
    if (t >= 0) {
      out.t = t;
      out.body = i;
    }
  }
}

export function blocked(
  world: World,
  x: number,
  y: number,
  z: number,
  dx: number,
  dy: number,
  dz: number,
  far: number,
): boolean {
  const { bodies } = world;
  for (let i = 0; i < bodies.length; i++) if (bodies[i]!.hit(x, y, z, dx, dy, dz, far) >= 0) return true;
  return false;
}
