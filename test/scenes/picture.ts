import { denoise } from "./denoise.js";
import { develop } from "./develop.js";
import { expose } from "./film.js";
import type { Window } from "./window.js";
import type { World } from "./world.js";

/**
 * The finished photograph of a world: 8-bit sRGB, three bytes a pixel, row by row.
 * @param window the part of it that is made; all of it when left out.
 */
export function picture(
  world: World,
  width: number,
  height: number,
  samples: number,
  window: Window = { x: 0, y: 0, width, height },
): Uint8Array {
  return develop(denoise(expose(world, width, height, samples, window)), width, height, world.exposure, window);
}
