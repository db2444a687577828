import { cross, length, normalise, subtract, type Vec3 } from "./vector.js";

interface CameraOptions {
  readonly eye: Vec3;
  readonly target: Vec3;
  /** Vertical angle of view. */
  readonly degrees: number;
  /** Radius of the lens in scene units: 0 keeps everything sharp. */
  readonly lens: number;
  /** Distance that is sharp; the target's unless given. */
  readonly focus?: number;
}

export interface Ray {
  x: number;
  y: number;
  z: number;
  dx: number;
  dy: number;
  dz: number;
}

export class Camera {
  readonly #eye: Vec3;
  readonly #forward: Vec3;
  readonly #right: Vec3;
  readonly #up: Vec3;
  readonly #tangent: number;
  readonly #lens: number;
  readonly #focus: number;

  constructor(options: CameraOptions) {
    this.#eye = options.eye;
    this.#forward = normalise(subtract(options.target, options.eye));
    this.#right = normalise(cross(this.#forward, [0, 1, 0]));
    this.#up = cross(this.#right, this.#forward);
    this.#tangent = Math.tan((options.degrees * Math.PI) / 360);
    this.#lens = options.lens;
    this.#focus = options.focus ?? length(subtract(options.target, options.eye));
  }

  /** The ray through (x, y) in pixels, y down, from the point of the lens that (u, v) in [0, 1) picks: 0.5, 0.5 its centre. */
  aim(x: number, y: number, width: number, height: number, u: number, v: number, out: Ray): void {
    const sx = ((2 * x - width) / height) * this.#tangent;
    const sy = ((height - 2 * y) / height) * this.#tangent;
    const [fx, fy, fz] = this.#forward;
    const [rx, ry, rz] = this.#right;
    const [ux, uy, uz] = this.#up;
    // The square is bent onto the disc by its larger side, so its centre stays the disc's centre.
    const a = 2 * u - 1;
    const b = 2 * v - 1;
    let lx = 0;
    let ly = 0;
    if (a !== 0 || b !== 0) {
      const wide = Math.abs(a) > Math.abs(b);
      const radius = this.#lens * (wide ? a : b);
      const angle = wide ? (Math.PI / 4) * (b / a) : Math.PI / 2 - (Math.PI / 4) * (a / b);
      lx = radius * Math.cos(angle);
      ly = radius * Math.sin(angle);
    }
    const f = this.#focus;
    const tx = sx * f - lx;
    const ty = sy * f - ly;
    const dx = fx * f + rx * tx + ux * ty;
    const dy = fy * f + ry * tx + uy * ty;
    const dz = fz * f + rz * tx + uz * ty;
    const k = 1 / Math.sqrt(dx * dx + dy * dy + dz * dz);
    out.x = this.#eye[0] + rx * lx + ux * ly;
    out.y = this.#eye[1] + ry * lx + uy * ly;
    out.z = this.#eye[2] + rz * lx + uz * ly;
    out.dx = dx * k;
    out.dy = dy * k;
    out.dz = dz * k;
  }
}
