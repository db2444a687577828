import { encode, luminance } from "./rgb.js";
import { scramble } from "./sampler.js";
import { clamp, mix } from "./vector.js";

/** Light (three floats a pixel) to 8-bit sRGB: bloom, vignette, filmic curve, grain. */
export function develop(light: Float32Array, width: number, height: number, exposure: number): Uint8Array {
  const glow = bloom(light, width, height, exposure);
  const result = new Uint8Array(width * height * 3);
  const diagonal = width * width + height * height;
  for (let i = 0; i < width * height; i++) {
    const x = (i % width) + 0.5 - width / 2;
    const y = Math.floor(i / width) + 0.5 - height / 2;
    const edge = (4 * (x * x + y * y)) / diagonal;
    const shade = exposure * (1 - 0.3 * edge * edge);
    const grain = (scramble(i * 2 + 1) + scramble(i * 2 + 2)) / 4294967296 - 1;
    const grey = luminance(light[i * 3]!, light[i * 3 + 1]!, light[i * 3 + 2]!);
    for (let c = 0; c < 3; c++) {
      // Film holds back pure colours a little.
      const muted = mix(light[i * 3 + c]!, grey, 0.1);
      const value = encode(filmic((muted + glow[i * 3 + c]!) * shade));
      // Grain shows most in the mid tones.
      const amount = 2.4 * (0.35 + 2.6 * value * (1 - value));
      result[i * 3 + c] = clamp(Math.round(value * 255 + grain * amount), 0, 255);
    }
  }
  return result;
}

/** A toe that deepens shadows, a straight middle, and a long shoulder: 0.18 stays about 0.18, white is reached at about 6. */
function filmic(x: number): number {
  const toe = (x * x) / (x + 0.035);
  return (1 - Math.exp(-1.18 * toe)) * (1 + 0.02 * Math.min(toe, 1));
}

/** A little of the brightest light spread wide, as real lenses do. */
function bloom(light: Float32Array, width: number, height: number, exposure: number): Float32Array {
  const bright = new Float32Array(light.length);
  for (let i = 0; i < light.length; i += 3) {
    const y = luminance(light[i]!, light[i + 1]!, light[i + 2]!) * exposure;
    const k = y > 1 ? (0.09 * Math.min(y - 1, 4)) / y : 0;
    for (let c = i; c < i + 3; c++) bright[c] = light[c]! * k;
  }
  const radius = Math.max(1, Math.round(width / 110));
  let plane: Float32Array = bright;
  // Three box blurs come close to a Gaussian.
  for (let pass = 0; pass < 3; pass++) {
    plane = blur(plane, width, height, 3, width * 3, radius);
    plane = blur(plane, height, width, width * 3, 3, radius);
  }
  return plane;
}

function blur(
  from: Float32Array,
  count: number,
  lines: number,
  step: number,
  lineStep: number,
  radius: number,
): Float32Array {
  const to = new Float32Array(from.length);
  const k = 1 / (2 * radius + 1);
  for (let line = 0; line < lines; line++) {
    for (let c = 0; c < 3; c++) {
      const base = line * lineStep + c;
      const at = (n: number) => from[base + clamp(n, 0, count - 1) * step]!;
      let sum = 0;
      for (let n = -radius; n <= radius; n++) sum += at(n);
      for (let n = 0; n < count; n++) {
        to[base + n * step] = sum * k;
        sum += at(n + radius + 1) - at(n - radius);
      }
    }
  }
  return to;
}
