import type { MaskRuns } from "../../proto/rle.js";
import { bitmapToRle } from "../../proto/rle-bitmap.js";

/** Interleaved RGB bytes. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface KnownObject {
  readonly name: string;
  /** A pixel's centre inside of it. */
  readonly click: { readonly x: number; readonly y: number };
  readonly mask: MaskRuns;
}

interface Shape {
  name: string;
  /** Shares of width and height. */
  click: { u: number; v: number };
  colour: (shade: number) => [number, number, number];
  /** @param unit the shorter side. */
  holds(x: number, y: number, width: number, height: number, unit: number): boolean;
}

const shapes: readonly Shape[] = [
  {
    name: "disc",
    click: { u: 0.27, v: 0.33 },
    colour: (shade) => [205 * shade, 45 * shade, 40 * shade],
    holds: (x, y, width, height, unit) => Math.hypot(x - 0.27 * width, y - 0.33 * height) < 0.2 * unit,
  },
  {
    name: "plate",
    click: { u: 0.74, v: 0.28 },
    colour: (shade) => [40 * shade, 70 * shade, 190 * shade],
    holds: (x, y, width, height) => x > 0.58 * width && x < 0.9 * width && y > 0.12 * height && y < 0.44 * height,
  },
  {
    name: "wedge",
    click: { u: 0.6, v: 0.83 },
    colour: (shade) => [225 * shade, 190 * shade, 50 * shade],
    holds: (x, y, width, height) => {
      const down = y / height - 0.6;
      return down > 0 && down < 0.32 && Math.abs(x / width - 0.6) < 0.7 * down;
    },
  },
];

/** Three clear things without any symmetry on a light ground, and the exact mask of each. */
export function knownScene(width: number, height: number): { drawing: Drawing; objects: KnownObject[] } {
  const data = new Uint8Array(3 * width * height);
  const bitmaps = shapes.map(() => new Uint8Array(width * height));
  const unit = Math.min(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const shade = 0.85 + 0.15 * Math.sin((9 * x) / width + (5 * y) / height);
      const index = shapes.findIndex((shape) => shape.holds(x + 0.5, y + 0.5, width, height, unit));
      if (index >= 0) bitmaps[index]![at] = 1;
      const ground: [number, number, number] = [
        150 + (50 * x) / width,
        165 + (30 * y) / height,
        180 - (25 * x) / width,
      ];
      data.set(index >= 0 ? shapes[index]!.colour(shade) : ground, 3 * at);
    }
  }
  const objects = shapes.map(({ name, click: { u, v } }, index) => ({
    name,
    click: { x: Math.floor(u * width) + 0.5, y: Math.floor(v * height) + 0.5 },
    mask: bitmapToRle(bitmaps[index]!, width, height),
  }));
  return { drawing: { width, height, data }, objects };
}
