import type { Surface } from "./body.js";
import type { Ray } from "./camera.js";
import type { LightSample } from "./light.js";
import { black, type Rgb } from "./rgb.js";
import type { Sampler } from "./sampler.js";
import { blocked, type Nearest, nearest, newSurface, type World } from "./world.js";

/** What one camera ray brings back. Diffuse and mirrored light stay apart: they are denoised differently. */
interface Sighting {
  body: number;
  depth: number;
  readonly surface: Surface;
  readonly diffuse: Rgb;
  readonly mirrored: Rgb;
}

const LIFT = 0.004;
// A single path may not outshine this: it would stay as a bright dot.
const CEILING = 6;

/** Follows light backwards: the sun or window directly, two diffuse bounces, one mirror bounce. */
export class Tracer {
  readonly sighting: Sighting = { body: -1, depth: 0, surface: newSurface(), diffuse: black(), mirrored: black() };
  readonly #world: World;
  readonly #sampler: Sampler;
  readonly #hit: Nearest = { t: 0, body: -1 };
  readonly #light: LightSample = { dx: 0, dy: 0, dz: 0, distance: 0, r: 0, g: 0, b: 0 };
  readonly #second: Surface = newSurface();
  readonly #colour: Rgb = black();
  readonly #way = { x: 0, y: 0, z: 0 };

  constructor(world: World, sampler: Sampler) {
    this.#world = world;
    this.#sampler = sampler;
  }

  look(ray: Ray): void {
    const { sighting } = this;
    const s = sighting.surface;
    const { diffuse, mirrored } = sighting;
    diffuse.r = diffuse.g = diffuse.b = 0;
    mirrored.r = mirrored.g = mirrored.b = 0;
    nearest(this.#world, ray.x, ray.y, ray.z, ray.dx, ray.dy, ray.dz, this.#hit);
    sighting.body = this.#hit.body;
    sighting.depth = this.#hit.t;
    if (this.#hit.body < 0) {
      this.#world.backdrop(ray.dx, ray.dy, ray.dz, diffuse);
      // Its own colour under light of 1, about what lit surfaces have: no jump at the horizon for the denoiser.
      s.r = Math.min(diffuse.r, 1);
      s.g = Math.min(diffuse.g, 1);
      s.b = Math.min(diffuse.b, 1);
      s.nx = -ray.dx;
      s.ny = -ray.dy;
      s.nz = -ray.dz;
      return;
    }
    const t = this.#hit.t;
    const x = ray.x + ray.dx * t;
    const y = ray.y + ray.dy * t;
    const z = ray.z + ray.dz * t;
    s.fine = true;
    this.#describe(this.#hit.body, x, y, z, s);
    const px = x + s.nx * LIFT;
    const py = y + s.ny * LIFT;
    const pz = z + s.nz * LIFT;

    const cos = -(s.nx * ray.dx + s.ny * ray.dy + s.nz * ray.dz);
    const grazing = (1 - Math.min(Math.max(cos, 0), 1)) ** 5;
    // Schlick's approximation; rough surfaces lose most of the rise towards grazing angles.
    const fresnel = s.gloss === 0 ? 0 : s.gloss + (Math.max(1 - s.rough, s.gloss) - s.gloss) * grazing;

    this.#direct(px, py, pz, s, diffuse);
    const { highlight } = this.#world.light;
    const light = this.#light;
    if (highlight > 0 && s.gloss > 0 && light.r > 0) this.#sparkle(ray, s, highlight + s.rough * s.rough, fresnel);
    this.#bounce(px, py, pz, s, diffuse);
    diffuse.r = Math.min(diffuse.r, CEILING) * s.r * (1 - fresnel);
    diffuse.g = Math.min(diffuse.g, CEILING) * s.g * (1 - fresnel);
    diffuse.b = Math.min(diffuse.b, CEILING) * s.b * (1 - fresnel);
    if (fresnel > 0.004) this.#mirror(px, py, pz, ray, s, fresnel);
  }

  #describe(body: number, x: number, y: number, z: number, s: Surface): void {
    s.gloss = 0;
    s.rough = 1;
    this.#world.bodies[body]!.describe(x, y, z, s);
  }

  /** Adds what the light sends to a white surface here; leaves the sample behind, black where shadowed. */
  #direct(x: number, y: number, z: number, s: Surface, out: Rgb): void {
    const l = this.#light;
    this.#sampler.next();
    this.#world.light.sample(x, y, z, this.#sampler.u, this.#sampler.v, l);
    const cos = l.dx * s.nx + l.dy * s.ny + l.dz * s.nz;
    if (cos <= 0 || l.r <= 0 || blocked(this.#world, x, y, z, l.dx, l.dy, l.dz, l.distance)) {
      l.r = 0;
      return;
    }
    out.r += l.r * cos;
    out.g += l.g * cos;
    out.b += l.b * cos;
  }

  /** Picks a cosine-weighted direction into `#way`. */
  #scatter(nx: number, ny: number, nz: number): void {
    this.#sampler.next();
    const z = 1 - 2 * this.#sampler.u;
    const r = Math.sqrt(Math.max(0, 1 - z * z));
    const angle = 2 * Math.PI * this.#sampler.v;
    // A point on the unit sphere around the tip of the normal: Lambert's cosine falls out of the geometry.
    const x = nx + r * Math.cos(angle) * 0.999;
    const y = ny + r * Math.sin(angle) * 0.999;
    const w = nz + z * 0.999;
    const k = 1 / Math.sqrt(x * x + y * y + w * w);
    this.#way.x = x * k;
    this.#way.y = y * k;
    this.#way.z = w * k;
  }

  #bounce(x: number, y: number, z: number, s: Surface, out: Rgb): void {
    const way = this.#way;
    const c = this.#colour;
    this.#scatter(s.nx, s.ny, s.nz);
    nearest(this.#world, x, y, z, way.x, way.y, way.z, this.#hit);
    if (this.#hit.body < 0) this.#world.backdrop(way.x, way.y, way.z, c);
    else this.#glow(x + way.x * this.#hit.t, y + way.y * this.#hit.t, z + way.z * this.#hit.t, this.#hit.body, c);
    out.r += c.r;
    out.g += c.g;
    out.b += c.b;
  }

  /** The light that a surface met on the way sends back: direct light and one more bounce, mirrors left out. */
  #glow(hx: number, hy: number, hz: number, body: number, out: Rgb): void {
    const s = this.#second;
    const { ambient } = this.#world;
    s.fine = false;
    this.#describe(body, hx, hy, hz, s);
    const { r, g, b } = s;
    const x = hx + s.nx * LIFT;
    const y = hy + s.ny * LIFT;
    const z = hz + s.nz * LIFT;
    this.#scatter(s.nx, s.ny, s.nz);
    const way = this.#way;
    if (blocked(this.#world, x, y, z, way.x, way.y, way.z, 30)) {
      out.r = ambient[0];
      out.g = ambient[1];
      out.b = ambient[2];
    } else this.#world.backdrop(way.x, way.y, way.z, out);
    this.#direct(x, y, z, s, out);
    out.r = Math.min(out.r, CEILING) * r;
    out.g = Math.min(out.g, CEILING) * g;
    out.b = Math.min(out.b, CEILING) * b;
  }

  /** The sun's highlight (GGX lobe), from the light sample that `#direct` left. */
  #sparkle(ray: Ray, s: Surface, width: number, fresnel: number): void {
    const l = this.#light;
    const hx = l.dx - ray.dx;
    const hy = l.dy - ray.dy;
    const hz = l.dz - ray.dz;
    const k = 1 / Math.sqrt(hx * hx + hy * hy + hz * hz);
    const cos = (hx * s.nx + hy * s.ny + hz * s.nz) * k;
    const a2 = width * width;
    const base = cos * cos * (a2 - 1) + 1;
    const lobe = Math.min((fresnel * a2) / (4 * base * base), CEILING);
    const { mirrored } = this.sighting;
    mirrored.r += l.r * lobe;
    mirrored.g += l.g * lobe;
    mirrored.b += l.b * lobe;
  }

  #mirror(x: number, y: number, z: number, ray: Ray, s: Surface, fresnel: number): void {
    const { mirrored } = this.sighting;
    const turn = 2 * (ray.dx * s.nx + ray.dy * s.ny + ray.dz * s.nz);
    let dx = ray.dx - turn * s.nx;
    let dy = ray.dy - turn * s.ny;
    let dz = ray.dz - turn * s.nz;
    this.#scatter(dx, dy, dz);
    const spread = s.rough * s.rough;
    dx += (this.#way.x - dx) * spread;
    dy += (this.#way.y - dy) * spread;
    dz += (this.#way.z - dz) * spread;
    const k = 1 / Math.sqrt(dx * dx + dy * dy + dz * dz);
    dx *= k;
    dy *= k;
    dz *= k;
    if (dx * s.nx + dy * s.ny + dz * s.nz <= 0) return;
    const c = this.#colour;
    nearest(this.#world, x, y, z, dx, dy, dz, this.#hit);
    const { t, body } = this.#hit;
    const lamp = this.#world.light.seen(x, y, z, dx, dy, dz, c);
    if (lamp < 0 || lamp > t) {
      if (body < 0) this.#world.backdrop(dx, dy, dz, c);
      else this.#glow(x + dx * t, y + dy * t, z + dz * t, body, c);
    }
    mirrored.r += Math.min(c.r, CEILING * 2) * fresnel;
    mirrored.g += Math.min(c.g, CEILING * 2) * fresnel;
    mirrored.b += Math.min(c.b, CEILING * 2) * fresnel;
  }
}
