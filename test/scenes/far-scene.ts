import sharp from "sharp";
import { objectIds } from "./object-ids.js";
import { type ObjectMask, objectMasks } from "./object-masks.js";
import { picture } from "./picture.js";
import type { Scene } from "./scene.js";
import type { Window } from "./window.js";
import type { World } from "./world.js";

/** The picture, and which objects it has. */
interface FarScene {
  readonly width: number;
  readonly height: number;
  /** 8-bit sRGB, three bytes a pixel, row by row. */
  readonly pixels: Uint8Array;
  readonly objects: readonly ObjectMask[];
}

/** What is far from every object is made at this part of the size, and enlarged. */
const coarser = 4;
const samples = 4;
/** How much around the objects is made at full size, as a share of what they take together. */
const margin = 0.35;

/**
 * A scene from so many times as far away, in a picture of `width * height` pixels: its objects are small in it, and as sharp
 * as they would be in a photograph of that size.
 */
export async function farScene(scene: Scene, times: number, width: number, height: number): Promise<FarScene> {
  const world: World = { ...scene.build() };
  const far = { ...world, camera: world.camera.further(times) };
  const window = windowAround(far, width, height);
  const small = { width: Math.ceil(width / coarser), height: Math.ceil(height / coarser), channels: 3 } as const;
  const surroundings = sharp(picture(far, small.width, small.height, samples), { raw: small });
  const sharpPart = picture(far, width, height, samples, window);
  const pixels = await surroundings
    .resize(width, height, { fit: "fill" })
    .composite([
      {
        input: Buffer.from(sharpPart.buffer),
        raw: { width: window.width, height: window.height, channels: 3 },
        left: window.x,
        top: window.y,
      },
    ])
    .removeAlpha()
    .raw()
    .toBuffer();
  return { width, height, pixels, objects: objectMasks(objectIds(far, width, height, window)) };
}

/** All objects with a margin, found in a picture of an eighth of the size. */
function windowAround(world: World, width: number, height: number): Window {
  const { ids, width: w, height: h } = objectIds(world, Math.ceil(width / 8), Math.ceil(height / 8));
  let [left, top, right, bottom] = [w, h, 0, 0];
  for (const [at, id] of ids.entries()) {
    if (id === 0) continue;
    const [x, y] = [at % w, Math.floor(at / w)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x + 1), Math.max(bottom, y + 1)];
  }
  const around = margin * Math.max(right - left, bottom - top);
  const x = Math.max(0, Math.floor(8 * (left - around)));
  const y = Math.max(0, Math.floor(8 * (top - around)));
  return {
    x,
    y,
    width: Math.min(width, Math.ceil(8 * (right + around))) - x,
    height: Math.min(height, Math.ceil(8 * (bottom + around))) - y,
  };
}
