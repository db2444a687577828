import type { Film } from "./film.js";
import { luminance } from "./rgb.js";
import { fade, mix } from "./vector.js";

const KERNEL = [3 / 8, 1 / 4, 1 / 16];

/**
 * Takes the sampling noise out of a film: diffuse light is divided by the surface's colour first, so texture stays sharp.
 * Edge-avoiding à-trous wavelets (Dammertz et al. 2010), with the brightness tolerance taken from each pixel's own variance
 * as in SVGF (Schied et al. 2017). Returns light again, three floats a pixel.
 */
export function denoise(film: Film): Float32Array {
  const pixels = film.width * film.height;
  const irradiance = new Float32Array(pixels * 3);
  const noise = new Float32Array(pixels);
  for (let i = 0; i < pixels; i++) {
    let grey = 0;
    for (let c = i * 3; c < i * 3 + 3; c++) {
      irradiance[c] = film.diffuse[c]! / (film.albedo[c]! + 0.02);
      grey += film.albedo[c]! / 3;
    }
    noise[i] = film.diffuseNoise[i]! / (grey + 0.02) ** 2;
  }
  const smooth = wavelets(film, irradiance, noise, 4, 3.5);
  const mirrored = wavelets(film, film.mirrored, film.mirroredNoise, 3, 2);
  const result = new Float32Array(pixels * 3);
  for (let c = 0; c < result.length; c++) {
    const clean = smooth[c]! * (film.albedo[c]! + 0.02) + mirrored[c]!;
    // Where two bodies share a pixel, light divided by colour belongs to neither: dividing would leave bright fringes.
    result[c] = mix(clean, film.diffuse[c]! + film.mirrored[c]!, share(film.mixed[Math.floor(c / 3)]!));
  }
  return result;
}

/** How far a pixel counts as one of several bodies: from a tenth of its rays on. */
const share = (mixed: number): number => fade(0, 0.2, mixed);

function wavelets(
  film: Film,
  light: Float32Array,
  variance: Float32Array,
  levels: number,
  tolerance: number,
): Float32Array {
  let from = light;
  let noise: Float32Array = soften(film, variance);
  for (let level = 0; level < levels; level++) {
    const to = new Float32Array(from.length);
    const left = new Float32Array(noise.length);
    smoothLevel(film, from, noise, 1 << level, tolerance, to, left);
    from = to;
    noise = left;
  }
  return from;
}

function smoothLevel(
  { width, height, normal, depth, mixed }: Film,
  from: Float32Array,
  noise: Float32Array,
  step: number,
  tolerance: number,
  to: Float32Array,
  left: Float32Array,
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const here = luminance(from[i * 3]!, from[i * 3 + 1]!, from[i * 3 + 2]!);
      const spread = 1 / (tolerance * Math.sqrt(noise[i]!) + 0.002 + 0.004 * here);
      const slope = depthSlope(depth, width, height, x, y);
      let r = 0;
      let g = 0;
      let b = 0;
      let total = 0;
      let remaining = 0;
      for (let v = -2; v <= 2; v++) {
        const sy = y + v * step;
        if (sy < 0 || sy >= height) continue;
        for (let u = -2; u <= 2; u++) {
          const sx = x + u * step;
          if (sx < 0 || sx >= width) continue;
          const j = sy * width + sx;
          let cos =
            normal[i * 3]! * normal[j * 3]! +
            normal[i * 3 + 1]! * normal[j * 3 + 1]! +
            normal[i * 3 + 2]! * normal[j * 3 + 2]!;
          if (cos <= 0.5 || mixed[j]! > 0.2) continue;
          cos *= cos;
          cos *= cos;
          cos *= cos;
          const there = luminance(from[j * 3]!, from[j * 3 + 1]!, from[j * 3 + 2]!);
          const away = Math.abs(depth[i]! - depth[j]!) / (slope * step * (Math.abs(u) + Math.abs(v)) * 2 + 0.02);
          const weight =
            KERNEL[Math.abs(u)]! * KERNEL[Math.abs(v)]! * cos * cos * Math.exp(-Math.abs(here - there) * spread - away);
          r += weight * from[j * 3]!;
          g += weight * from[j * 3 + 1]!;
          b += weight * from[j * 3 + 2]!;
          remaining += weight * weight * noise[j]!;
          total += weight;
        }
      }
      const k = total > 1e-6 ? 1 / total : 0;
      to[i * 3] = k > 0 ? r * k : from[i * 3]!;
      to[i * 3 + 1] = k > 0 ? g * k : from[i * 3 + 1]!;
      to[i * 3 + 2] = k > 0 ? b * k : from[i * 3 + 2]!;
      left[i] = remaining * k * k;
    }
  }
}

/** Depth change to the next pixel on the flatter side: an edge on one side doesn't count as slope. */
function depthSlope(depth: Float32Array, width: number, height: number, x: number, y: number): number {
  const i = y * width + x;
  const d = depth[i]!;
  const across = Math.min(x > 0 ? Math.abs(d - depth[i - 1]!) : 9, x < width - 1 ? Math.abs(d - depth[i + 1]!) : 9);
  const down = Math.min(
    y > 0 ? Math.abs(d - depth[i - width]!) : 9,
    y < height - 1 ? Math.abs(d - depth[i + width]!) : 9,
  );
  return Math.max(across, down);
}

/** A variance from a few samples is itself noisy: averages it over 3x3. */
function soften({ width, height }: Film, plane: Float32Array): Float32Array {
  const result = new Float32Array(plane.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      let count = 0;
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          sum += plane[v * width + u]!;
          count++;
        }
      }
      result[y * width + x] = sum / count;
    }
  }
  return result;
}
