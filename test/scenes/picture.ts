import { denoise } from "./denoise.js";
import { develop } from "./develop.js";
import { expose } from "./film.js";
import type { World } from "./world.js";

/** The finished photograph of a world: 8-bit sRGB, three bytes a pixel, row by row. */
export function picture(world: World, width: number, height: number, samples: number): Uint8Array {
  return develop(denoise(expose(world, width, height, samples)), width, height, world.exposure);
}
