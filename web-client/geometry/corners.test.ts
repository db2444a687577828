import { describe, expect, it } from "vitest";
import { bitmapToRle, type Outline, traceOutlines } from "../../proto/index.js";
import { eachCorner } from "./corners.js";

function cornersOf(outline: Outline, tolerance: number): { x: number; y: number }[] {
  const corners: { x: number; y: number }[] = [];
  eachCorner(outline, tolerance, (x, y, isFirst) => {
    expect(isFirst).toBe(corners.length === 0);
    corners.push({ x, y });
  });
  return corners;
}

/** Of a point from the closed line through all corners. */
function distance(x: number, y: number, corners: readonly { x: number; y: number }[]): number {
  return Math.min(
    ...corners.map((a, at) => {
      const b = corners[(at + 1) % corners.length]!;
      const [dx, dy] = [b.x - a.x, b.y - a.y];
      const length = dx * dx + dy * dy;
      const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / length));
      return Math.hypot(x - a.x - along * dx, y - a.y - along * dy);
    }),
  );
}

/** Blobs with smooth and ragged edges, holes and single pixels, the same ones every time. */
function masks(): Outline[] {
  const [width, height] = [160, 120];
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  return [0, 0.05, 0.3].flatMap((noise) => {
    const bitmap = new Uint8Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const far = Math.hypot((x - 80) / 70, (y - 60) / 50) + noise * (random() - 0.5);
        const hole = Math.hypot((x - 60) / 20, (y - 60) / 12);
        bitmap[y * width + x] = far < 1 && hole > 1 ? 1 : 0;
      }
    }
    return traceOutlines(bitmapToRle(bitmap, width, height));
  });
}

describe("the corners of an outline", () => {
  it("are those of a square, whatever lies between them", () => {
    const square = Float32Array.of(0, 0, 4, 0, 8, 0, 8, 5, 8, 8, 2, 8, 0, 8, 0, 3);
    expect(cornersOf(square, 0.1)).toEqual([
      { x: 0, y: 0 },
      { x: 8, y: 0 },
      { x: 8, y: 8 },
      { x: 0, y: 8 },
    ]);
  });

  it("keep the tip of a way there and back", () => {
    const spike = Float32Array.of(0, 0, 5, 0, 10, 0, 5, 0.1, 0, 0.1);
    expect(cornersOf(spike, 0.3)).toContainEqual({ x: 10, y: 0 });
  });

  it.each([0.2, 0.6, 1.5])("leave out nothing farther than a tolerance of %f allows", (tolerance) => {
    for (const outline of masks()) {
      const corners = cornersOf(outline, tolerance);
      for (let i = 0; i < outline.length; i += 2) {
        expect(distance(outline[i]!, outline[i + 1]!, corners)).toBeLessThanOrEqual(tolerance * Math.SQRT2 + 1e-6);
      }
    }
  });

  it("are far fewer than the points of a smooth edge", () => {
    const [edge] = masks();
    expect(cornersOf(edge!, 0.6).length).toBeLessThan(edge!.length / 2 / 3);
  });
});
