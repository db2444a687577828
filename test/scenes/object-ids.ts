import type { Ray } from "./camera.js";
import { nearest, type World } from "./world.js";

/** Which named object each pixel shows: `names[id - 1]`, 0 for scenery. */
export interface ObjectIds {
  readonly width: number;
  readonly height: number;
  readonly names: readonly string[];
  readonly ids: Uint8Array;
}

/** One ray through each pixel's centre and the middle of the lens: no blur and no mixed pixels. */
export function objectIds(world: World, width: number, height: number): ObjectIds {
  const names: string[] = [];
  const idOf = world.bodies.map(({ name }) => (name === undefined ? 0 : names.push(name)));
  const ids = new Uint8Array(width * height);
  const ray: Ray = { x: 0, y: 0, z: 0, dx: 0, dy: 0, dz: 0 };
  const hit = { t: 0, body: -1 };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      world.camera.aim(x + 0.5, y + 0.5, width, height, 0.5, 0.5, ray);
      nearest(world, ray.x, ray.y, ray.z, ray.dx, ray.dy, ray.dz, hit);
      if (hit.body >= 0) ids[y * width + x] = idOf[hit.body]!;
    }
  }
  return { width, height, names, ids };
}
