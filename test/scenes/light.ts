import type { Colour, Rgb } from "./rgb.js";
import { cross, dot, normalise, scale, subtract, type Vec3 } from "./vector.js";

/** A direction towards the light, and what a white matt surface facing it sends back when nothing is in between. */
export interface LightSample {
  dx: number;
  dy: number;
  dz: number;
  distance: number;
  r: number;
  g: number;
  b: number;
}

export interface Light {
  sample(x: number, y: number, z: number, u: number, v: number, out: LightSample): void;
  /** What a mirror at (x, y, z) sees along d, at its distance; nothing (-1) where the light is not. */
  seen(x: number, y: number, z: number, dx: number, dy: number, dz: number, out: Rgb): number;
  /** Width of the highlight that the light makes by itself; 0 where mirrors see the light through `seen`. */
  readonly highlight: number;
}

interface WindowOptions {
  readonly centre: Vec3;
  readonly target: Vec3;
  readonly width: number;
  readonly height: number;
  readonly radiance: Colour;
  /** Bars across the window, as reflections show them. */
  readonly panes: readonly [across: number, up: number];
}

/** A bright window: one-sided, soft shadows, and panes in the reflections. */
export class WindowLight implements Light {
  readonly highlight = 0;
  readonly #options: WindowOptions;
  readonly #normal: Vec3;
  readonly #right: Vec3;
  readonly #up: Vec3;

  constructor(options: WindowOptions) {
    this.#options = options;
    this.#normal = normalise(subtract(options.target, options.centre));
    this.#right = normalise(cross([0, 1, 0], this.#normal));
    this.#up = cross(this.#normal, this.#right);
  }

  sample(x: number, y: number, z: number, u: number, v: number, out: LightSample): void {
    const { centre, width, height, radiance } = this.#options;
    const a = (u - 0.5) * width;
    const b = (v - 0.5) * height;
    const dx = centre[0] + this.#right[0] * a + this.#up[0] * b - x;
    const dy = centre[1] + this.#right[1] * a + this.#up[1] * b - y;
    const dz = centre[2] + this.#right[2] * a + this.#up[2] * b - z;
    const d2 = dx * dx + dy * dy + dz * dz;
    const d = Math.sqrt(d2);
    const facing = -(dx * this.#normal[0] + dy * this.#normal[1] + dz * this.#normal[2]) / d;
    const k = facing > 0 ? (facing * width * height) / d2 / Math.PI : 0;
    out.dx = dx / d;
    out.dy = dy / d;
    out.dz = dz / d;
    out.distance = d;
    out.r = radiance[0] * k;
    out.g = radiance[1] * k;
    out.b = radiance[2] * k;
  }

  seen(x: number, y: number, z: number, dx: number, dy: number, dz: number, out: Rgb): number {
    const { centre, width, height, radiance, panes } = this.#options;
    const facing = -(dx * this.#normal[0] + dy * this.#normal[1] + dz * this.#normal[2]);
    if (facing <= 1e-6) return -1;
    const to: Vec3 = [x - centre[0], y - centre[1], z - centre[2]];
    const t = dot(to, this.#normal) / facing;
    if (t <= 0) return -1;
    const at: Vec3 = [to[0] + dx * t, to[1] + dy * t, to[2] + dz * t];
    const u = dot(at, this.#right) / width + 0.5;
    const v = dot(at, this.#up) / height + 0.5;
    if (u < 0 || u > 1 || v < 0 || v > 1) return -1;
    const bar = (w: number, n: number) => Math.abs(((w * n) % 1) - 0.5) > 0.46;
    const k = bar(u, panes[0]) || bar(v, panes[1]) ? 0.12 : 1;
    out.r = radiance[0] * k;
    out.g = radiance[1] * k;
    out.b = radiance[2] * k;
    return t;
  }
}

/** The sun: parallel light with a slightly soft edge. */
export class SunLight implements Light {
  readonly highlight: number;
  readonly #towards: Vec3;
  readonly #a: Vec3;
  readonly #b: Vec3;
  readonly #irradiance: Colour;

  constructor(towards: Vec3, irradiance: Colour, softness: number) {
    this.#towards = normalise(towards);
    this.#a = scale(normalise(cross([0, 1, 0], this.#towards)), softness);
    this.#b = scale(normalise(cross(this.#towards, this.#a)), softness);
    this.#irradiance = scale(irradiance, 1 / Math.PI);
    this.highlight = softness + 0.12;
  }

  sample(_x: number, _y: number, _z: number, u: number, v: number, out: LightSample): void {
    const radius = Math.sqrt(u);
    const angle = 2 * Math.PI * v;
    const p = radius * Math.cos(angle);
    const q = radius * Math.sin(angle);
    const dx = this.#towards[0] + this.#a[0] * p + this.#b[0] * q;
    const dy = this.#towards[1] + this.#a[1] * p + this.#b[1] * q;
    const dz = this.#towards[2] + this.#a[2] * p + this.#b[2] * q;
    const k = 1 / Math.sqrt(dx * dx + dy * dy + dz * dz);
    out.dx = dx * k;
    out.dy = dy * k;
    out.dz = dz * k;
    out.distance = 200;
    out.r = this.#irradiance[0];
    out.g = this.#irradiance[1];
    out.b = this.#irradiance[2];
  }

  seen(): number {
    return -1;
  }
}
