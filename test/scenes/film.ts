import type { Ray } from "./camera.js";
import { luminance } from "./rgb.js";
import { Sampler } from "./sampler.js";
import { Tracer } from "./tracer.js";
import type { World } from "./world.js";

/** One plane a quantity; colours and normals are three floats a pixel, row by row from the top. */
export interface Film {
  readonly width: number;
  readonly height: number;
  readonly diffuse: Float32Array;
  readonly mirrored: Float32Array;
  readonly albedo: Float32Array;
  readonly normal: Float32Array;
  readonly depth: Float32Array;
  /** 0 where all rays of a pixel met one body, 1 where they were shared out evenly: edges, and all that is out of focus. */
  readonly mixed: Float32Array;
  /** Variance of the mean luminance, per pixel. */
  readonly diffuseNoise: Float32Array;
  readonly mirroredNoise: Float32Array;
}

/** Exposes every pixel with `samples` rays (a power of two) spread over the pixel and the lens. */
export function expose(world: World, width: number, height: number, samples: number): Film {
  const pixels = width * height;
  const film: Film = {
    width,
    height,
    diffuse: new Float32Array(pixels * 3),
    mirrored: new Float32Array(pixels * 3),
    albedo: new Float32Array(pixels * 3),
    normal: new Float32Array(pixels * 3),
    depth: new Float32Array(pixels),
    mixed: new Float32Array(pixels),
    diffuseNoise: new Float32Array(pixels),
    mirroredNoise: new Float32Array(pixels),
  };
  const sampler = new Sampler();
  const tracer = new Tracer(world, sampler);
  const { sighting } = tracer;
  const { surface, diffuse, mirrored } = sighting;
  const ray: Ray = { x: 0, y: 0, z: 0, dx: 0, dy: 0, dz: 0 };
  const k = 1 / samples;
  const met = new Uint16Array(world.bodies.length + 1);
  for (let i = 0; i < pixels; i++) {
    const px = i % width;
    const py = (i - px) / width;
    let d2 = 0;
    let m2 = 0;
    met.fill(0);
    for (let n = 0; n < samples; n++) {
      sampler.start(i, n, samples);
      sampler.next();
      // A tent filter two pixels wide: softer than a box, as a lens and sensor are.
      const x = px + 0.5 + tent(sampler.u) * 0.85;
      const y = py + 0.5 + tent(sampler.v) * 0.85;
      sampler.next();
      world.camera.aim(x, y, width, height, sampler.u, sampler.v, ray);
      tracer.look(ray);
      store(film.diffuse, i, diffuse.r * k, diffuse.g * k, diffuse.b * k);
      store(film.mirrored, i, mirrored.r * k, mirrored.g * k, mirrored.b * k);
      store(film.albedo, i, surface.r * k, surface.g * k, surface.b * k);
      store(film.normal, i, surface.nx * k, surface.ny * k, surface.nz * k);
      met[sighting.body + 1]!++;
      film.depth[i]! += Math.min(sighting.depth, 100) * k;
      d2 += luminance(diffuse.r, diffuse.g, diffuse.b) ** 2 * k;
      m2 += luminance(mirrored.r, mirrored.g, mirrored.b) ** 2 * k;
    }
    film.mixed[i] = Math.min(1, 2 - 2 * k * Math.max(...met));
    film.diffuseNoise[i] = Math.max(0, d2 - brightness(film.diffuse, i) ** 2) * k;
    film.mirroredNoise[i] = Math.max(0, m2 - brightness(film.mirrored, i) ** 2) * k;
  }
  return film;
}

const tent = (u: number): number => (u < 0.5 ? Math.sqrt(2 * u) - 1 : 1 - Math.sqrt(2 - 2 * u));

function store(plane: Float32Array, i: number, a: number, b: number, c: number): void {
  plane[i * 3]! += a;
  plane[i * 3 + 1]! += b;
  plane[i * 3 + 2]! += c;
}

const brightness = (plane: Float32Array, i: number): number =>
  luminance(plane[i * 3]!, plane[i * 3 + 1]!, plane[i * 3 + 2]!);
