import type { Distance } from "./shapes.js";
import { add, length, scale, subtract, type Vec3 } from "./vector.js";

/** What a painter is given and fills in: local point and normal come in, looks go out. The normal may be tilted (bumps). */
export interface Surface {
  x: number;
  y: number;
  z: number;
  nx: number;
  ny: number;
  nz: number;
  r: number;
  g: number;
  b: number;
  /** Reflectance seen straight on: 0 matt, 0.04 glaze or varnish, more for metal. */
  gloss: number;
  /** Spread of the reflection, 0 to 1. */
  rough: number;
  /** False for a bounce, where fine bumps are not worth their time. */
  fine: boolean;
}

export type Paint = (s: Surface) => void;

export interface Shape {
  readonly distance: Distance;
  readonly min: Vec3;
  readonly max: Vec3;
  /** Below 1 for shapes whose distance overestimates (displaced ones). */
  readonly stride?: number;
}

interface BodyOptions {
  /** Bodies without a name are scenery: they carry no mask. */
  readonly name?: string;
  readonly shape: Shape;
  readonly paint: Paint;
  readonly at: Vec3;
  /** Turns in degrees: around y, then x, then z. */
  readonly turn?: Vec3;
}

const SURFACE_EPSILON = 0.0007;
const MAX_STEPS = 110;

/** A shape set down in the world. World = turn * local + at. */
export class Body {
  readonly name: string | undefined;
  readonly paint: Paint;
  readonly turn: Float64Array;
  readonly at: Vec3;
  readonly centre: Vec3;
  readonly radius: number;
  readonly #distance: Distance;
  readonly #min: Vec3;
  readonly #max: Vec3;
  readonly #stride: number;
  readonly #options: BodyOptions;

  constructor(options: BodyOptions) {
    this.#options = options;
    this.name = options.name;
    this.paint = options.paint;
    this.at = options.at;
    this.turn = rotation(options.turn ?? [0, 0, 0]);
    this.#distance = options.shape.distance;
    this.#min = options.shape.min;
    this.#max = options.shape.max;
    this.#stride = options.shape.stride ?? 1;
    const middle = scale(add(this.#min, this.#max), 0.5);
    this.radius = length(subtract(this.#max, this.#min)) / 2;
    const m = this.turn;
    this.centre = [
      m[0]! * middle[0] + m[1]! * middle[1] + m[2]! * middle[2] + this.at[0],
      m[3]! * middle[0] + m[4]! * middle[1] + m[5]! * middle[2] + this.at[1],
      m[6]! * middle[0] + m[7]! * middle[1] + m[8]! * middle[2] + this.at[2],
    ];
  }

  /** The same at another place. */
  moved(to: Pick<BodyOptions, "at" | "turn">): Body {
    return new Body({ ...this.#options, ...to });
  }

  /** Distance along the world ray to the surface, or -1. Only hits nearer than `far` count. */
  hit(wx: number, wy: number, wz: number, vx: number, vy: number, vz: number, far: number): number {
    const sx = this.centre[0] - wx;
    const sy = this.centre[1] - wy;
    const sz = this.centre[2] - wz;
    const along = sx * vx + sy * vy + sz * vz;
    const off = sx * sx + sy * sy + sz * sz - along * along;
    const reach = this.radius * this.radius;
    if (off > reach || along < -this.radius || along - this.radius > far) return -1;

    const m = this.turn;
    const px = wx - this.at[0];
    const py = wy - this.at[1];
    const pz = wz - this.at[2];
    const ox = m[0]! * px + m[3]! * py + m[6]! * pz;
    const oy = m[1]! * px + m[4]! * py + m[7]! * pz;
    const oz = m[2]! * px + m[5]! * py + m[8]! * pz;
    const dx = m[0]! * vx + m[3]! * vy + m[6]! * vz;
    const dy = m[1]! * vx + m[4]! * vy + m[7]! * vz;
    const dz = m[2]! * vx + m[5]! * vy + m[8]! * vz;

    const ix = 1 / dx;
    const iy = 1 / dy;
    const iz = 1 / dz;
    const ax = (this.#min[0] - ox) * ix;
    const bx = (this.#max[0] - ox) * ix;
    const ay = (this.#min[1] - oy) * iy;
    const by = (this.#max[1] - oy) * iy;
    const az = (this.#min[2] - oz) * iz;
    const bz = (this.#max[2] - oz) * iz;
    const enter = Math.max(Math.min(ax, bx), Math.min(ay, by), Math.min(az, bz), 0);
    const leave = Math.min(Math.max(ax, bx), Math.max(ay, by), Math.max(az, bz), far);
    if (!(enter < leave)) return -1;

    const distance = this.#distance;
    let t = enter;
    for (let i = 0; i < MAX_STEPS; i++) {
      const d = distance(ox + dx * t, oy + dy * t, oz + dz * t);
      if (d < SURFACE_EPSILON) return t;
      t += d * this.#stride;
      if (t > leave) return -1;
    }
    return -1;
  }

  /** Fills in the surface at a world point: local point, local normal, then the paint. */
  describe(x: number, y: number, z: number, s: Surface): void {
    const m = this.turn;
    const px = x - this.at[0];
    const py = y - this.at[1];
    const pz = z - this.at[2];
    const lx = m[0]! * px + m[3]! * py + m[6]! * pz;
    const ly = m[1]! * px + m[4]! * py + m[7]! * pz;
    const lz = m[2]! * px + m[5]! * py + m[8]! * pz;
    // Four taps at the corners of a tetrahedron give the gradient.
    const h = 0.004;
    const f = this.#distance;
    const a = f(lx + h, ly - h, lz - h);
    const b = f(lx - h, ly - h, lz + h);
    const c = f(lx - h, ly + h, lz - h);
    const d = f(lx + h, ly + h, lz + h);
    const gx = a - b - c + d;
    const gy = -a - b + c + d;
    const gz = -a + b - c + d;
    const k = 1 / (Math.sqrt(gx * gx + gy * gy + gz * gz) || 1);
    s.x = lx;
    s.y = ly;
    s.z = lz;
    s.nx = gx * k;
    s.ny = gy * k;
    s.nz = gz * k;
    this.paint(s);
    const { nx, ny, nz } = s;
    const n = 1 / (Math.sqrt(nx * nx + ny * ny + nz * nz) || 1);
    s.nx = (m[0]! * nx + m[1]! * ny + m[2]! * nz) * n;
    s.ny = (m[3]! * nx + m[4]! * ny + m[5]! * nz) * n;
    s.nz = (m[6]! * nx + m[7]! * ny + m[8]! * nz) * n;
  }
}

function rotation([yaw, pitch, roll]: Vec3): Float64Array {
  const radians = Math.PI / 180;
  const [cy, sy] = [Math.cos(yaw * radians), Math.sin(yaw * radians)];
  const [cx, sx] = [Math.cos(pitch * radians), Math.sin(pitch * radians)];
  const [cz, sz] = [Math.cos(roll * radians), Math.sin(roll * radians)];
  return Float64Array.of(
    cy * cz + sy * sx * sz,
    -cy * sz + sy * sx * cz,
    sy * cx,
    cx * sz,
    cx * cz,
    -sx,
    -sy * cz + cy * sx * sz,
    sy * sz + cy * sx * cz,
    cy * cx,
  );
}
